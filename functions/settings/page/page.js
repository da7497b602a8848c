import { announcer } from "./announcer.js";
import { Shell } from "./shell.js";
import { signInView } from "./sign_in_view.js";
import { texts } from "./texts.js";

/** Without a key there is nothing but the question for it. */
function showSignIn() {
  document.title = `${texts.signIn.title} · ${texts.product}`;
  const view = signInView((api, settings) => show(new Shell(api, settings, showSignIn).element, "h1"));
  show(view, "input");
}

function show(view, focused) {
  document.body.replaceChildren(view);
  if (!view.contains(announcer())) document.body.append(announcer());
  view.querySelector(focused).focus();
}

showSignIn();
