/** Messages of Salesforce's rich types, as the event stream holds them, without their ids. */

/** A question with answers to choose from. */
export function quickReplies(text: string, ...answers: string[]): object {
  const optionItems = answers.map((answer, index) => ({
    itemType: "TitleOptionItem",
    titleItem: titled(answer),
    optionIdentifier: `option-${index}`,
    optionId: null,
  }));
  return {
    messageType: "ChoicesMessage",
    references: null,
    choices: { formatType: "QuickReplies", text, optionItems },
  };
}

/** A link with a title. */
export function richLink(title: string, url: string): object {
  const linkItem = { itemType: "TitleLinkItem", titleItem: titled(title), url };
  const image = { assetType: "ImageAsset", assetUrl: "https://help.example/picture.png" };
  return {
    messageType: "StaticContentMessage",
    references: null,
    staticContent: { formatType: "RichLink", image, linkItem },
  };
}

function titled(title: string): object {
  return { itemType: "TitleItem", title, subTitle: null, secondarySubTitle: null, referenceId: null };
}
