// Dialogs: the browser's own, so that focus, Esc and what lies behind are its business.

import { button, h, type Child } from "./dom.js";

export interface Dialog {
  readonly element: HTMLDialogElement;
  readonly body: HTMLElement;
  close(): void;
}

let count = 0;

/** Opens a dialog; it is gone when it closes. */
export function dialog(title: string, children: readonly Child[], narrow = false): Dialog {
  const id = `dialog-${(count += 1)}`;
  const body = h("div", { class: "body" }, ...children);
  const element = h(
    "dialog",
    { "aria-labelledby": id, class: narrow ? "narrow" : undefined },
    h("header", {}, h("h2", { id }, title), button("Close", () => element.close(), { class: "quiet" })),
    body,
  );
  element.addEventListener("close", () => element.remove());
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close();
  });
  document.body.append(element);
  element.showModal();
  return { element, body, close: () => element.close() };
}

/** Asks for a line of text. `wrong` says what is wrong with one. */
export function askText(title: string, label: string, value: string, wrong: (text: string) => string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer: string | undefined;
    const complaint = h("p", { class: "wrong", id: "text-wrong", role: "alert" });
    const input = h("input", { type: "text", value, "aria-describedby": "text-wrong", autocomplete: "off", spellcheck: "false" });
    const accept = (event: Event) => {
      event.preventDefault();
      const text = input.value.trim();
      const problem = wrong(text);
      complaint.textContent = problem ?? "";
      if (problem !== undefined) return input.focus();
      answer = text;
      shown.close();
    };
    const form = h(
      "form",
      { submit: accept, class: "content" },
      h("label", {}, label, input),
      complaint,
      h("div", { class: "actions" }, button("Cancel", () => shown.close()), h("button", { class: "primary" }, "OK")),
    );
    const shown = dialog(title, [form], true);
    shown.element.addEventListener("close", () => resolve(answer));
    input.focus();
    const dot = value.lastIndexOf(".");
    input.setSelectionRange(0, dot < 0 ? value.length : dot);
  });
}

export function confirmed(title: string, text: string, yes: string): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = false;
    const accept = button(yes, () => ((answer = true), shown.close()), { class: "primary" });
    const shown = dialog(title, [h("p", {}, text), h("div", { class: "actions" }, button("Cancel", () => shown.close()), accept)], true);
    shown.element.addEventListener("close", () => resolve(answer));
    accept.focus();
  });
}
