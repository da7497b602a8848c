/** The API takes files of at most so many bytes. */
const MAX_FILE_BYTES = 4_000_000;
/** Pictures of at most so many bytes are shown without being asked for. */
const PREVIEW_BYTES = 400_000;
const SHOWN_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

/** Why a file can't be sent, as a code; null if it can. */
function fileRefusal({ size }) {
  if (size === 0) return "fileEmpty";
  return size > MAX_FILE_BYTES ? "bodyTooLarge" : null;
}

/** The files of a chat. `load(url)` gets the content of one. */
class Files {
  #texts;
  #formats;
  #load;
  #addresses = [];

  constructor({ texts, formats, load }) {
    this.#texts = texts;
    this.#formats = formats;
    this.#load = load;
  }

  /** A file in the log: `{name, type, size or null}` with the `url` of its content, or its `blob`. */
  content({ name, type, size, url, blob }) {
    const error = make("span", { class: "file-error", role: "alert" });
    const load = async (use) => {
      error.textContent = "";
      try {
        use(blob ?? (await this.#load(url)));
      } catch {
        error.textContent = this.#texts.downloadFailed;
      }
    };
    const about = make(
      "div",
      { class: "about" },
      make("span", { class: "file-name", dir: "auto" }, name),
      size === null ? null : make("span", { class: "file-size" }, this.#formats.size(size)),
    );
    const card = make("div", { class: "bubble file" }, make("div", { class: "row" }, icon("file"), about, this.#download(name, load)));
    if (SHOWN_TYPES.includes(type)) card.append(this.#picture(name, type, size, load));
    card.append(error);
    return card;
  }

  /** Forgets the pictures' contents. */
  close() {
    for (const address of this.#addresses) URL.revokeObjectURL(address);
  }

  #download(name, load) {
    const label = this.#texts.download(name);
    const onclick = () => load((content) => save(content, name));
    return make("button", { type: "button", class: "round", "aria-label": label, title: label, onclick }, icon("download"));
  }

  #picture(name, type, size, load) {
    const holder = make("div", { class: "picture" });
    const show = () =>
      load((content) => {
        // The type is the one that was checked, whatever the content is said to be.
        const address = URL.createObjectURL(new Blob([content], { type }));
        this.#addresses.push(address);
        holder.replaceChildren(make("img", { src: address, alt: this.#texts.image(name) }));
      });
    if (size !== null && size <= PREVIEW_BYTES) show();
    else {
      const label = this.#texts.showImage(name);
      holder.append(make("button", { type: "button", class: "quiet", "aria-label": label, onclick: show }, this.#texts.show));
    }
    return holder;
  }
}

/** Lets files be dropped on an element. */
function acceptDrops(element, onFiles) {
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (isOver) => element.classList.toggle("dropping", isOver);
  const over = (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    mark(true);
  };
  element.addEventListener("dragenter", over);
  element.addEventListener("dragover", over);
  element.addEventListener("dragleave", (event) => element.contains(event.relatedTarget) || mark(false));
  element.addEventListener("drop", (event) => {
    mark(false);
    if (!holdsFiles(event)) return;
    event.preventDefault();
    onFiles([...event.dataTransfer.files]);
  });
}

