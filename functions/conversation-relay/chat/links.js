const LINK_PROTOCOLS = ["http:", "https:", "mailto:", "tel:"];
const LINK_IN_TEXT = /(?:https?:\/\/|www\.)[^\s<>"]+|[\w.+-]{1,64}@[a-z\d-]+(?:\.[a-z\d-]+)+/gi;

/** The address of a link that may be followed, or null: for example for `javascript:`. */
function safeAddress(url) {
  try {
    const { protocol, href } = new URL(url);
    return LINK_PROTOCOLS.includes(protocol) ? href : null;
  } catch {
    return null;
  }
}

/** A text in parts of `{text, address}`; the address is null where it is only text. Together the parts are the text. */
function linkParts(text) {
  const parts = [];
  let end = 0;
  for (const { 0: match, index } of text.matchAll(LINK_IN_TEXT)) {
    const link = withoutPunctuation(match);
    const address = safeAddress(addressOf(link));
    if (address === null) continue;
    if (index > end) parts.push({ text: text.slice(end, index), address: null });
    parts.push({ text: link, address });
    end = index + link.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), address: null });
  return parts;
}

function addressOf(link) {
  if (/^https?:/i.test(link)) return link;
  return /^www\./i.test(link) ? `https://${link}` : `mailto:${link}`;
}

/** A link without what ends the sentence or the brackets around it. */
function withoutPunctuation(link) {
  let end = link.length;
  while (end > 0) {
    const last = link[end - 1];
    const opening = { ")": "(", "]": "[", "}": "{" }[last];
    const isPart = opening ? count(link, opening, end) >= count(link, last, end) : !".,;:!?'…،؛؟".includes(last);
    if (isPart) break;
    end -= 1;
  }
  return link.slice(0, end);
}

function count(text, character, end) {
  let number = 0;
  for (let index = 0; index < end; index += 1) number += text[index] === character ? 1 : 0;
  return number;
}

