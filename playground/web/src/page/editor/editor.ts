// The editor: one view, one state for each file, so that each keeps its place and what can be undone.
//
// It lives in a shadow root: there CodeMirror makes its style sheets by script, which a strict content security policy allows, and
// not as <style> elements, which it does not.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, toggleTabFocusMode } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentService, indentUnit } from "@codemirror/language";
import { lintGutter, nextDiagnostic, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorSelection, EditorState, type Extension, type Text } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, rectangularSelection } from "@codemirror/view";
import type { Edit } from "../../../generated/whole.js";
import { Signal } from "../dom.js";
import { STANDARD, textOf, type Project } from "../project.js";
import type { Checked, Session } from "../session.js";
import { completion, hover, problems } from "./language.js";
import { light, lit } from "./lit.js";
import { theme } from "./theme.js";
import { setTokens, tokenColours } from "./tokens.js";

/** A part of a file. */
export interface Place {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

export class Editor {
  /** Where the cursor is. */
  readonly moved = new Signal<Place>();
  /** Where the pointer is; nothing when it leaves. */
  readonly pointed = new Signal<Place | undefined>();
  /** A change could not be made, in words for the author. */
  readonly refused = new Signal<string>();
  readonly view: EditorView;
  readonly #project: Project;
  readonly #session: Session;
  readonly #states = new Map<string, EditorState>();
  readonly #standard = new Map<string, Text>();
  readonly #extensions: Extension;
  #shown = "";
  #pointedAt: number | null = null;

  constructor(host: HTMLElement, project: Project, session: Session) {
    this.#project = project;
    this.#session = session;
    this.#extensions = this.#all();
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    const frame = document.createElement("div");
    frame.style.height = "100%";
    root.append(frame);
    this.view = new EditorView({ root, parent: frame, state: EditorState.create({}) });
    project.arranged.listen(() => void this.#show());
    project.edited.listen((path) => this.#follow(path));
    session.checked.listen((checked) => this.#checked(checked));
  }

  /** To be called once when the compiler is there. */
  start(): void {
    void this.#show();
  }

  focus(): void {
    this.view.focus();
  }

  /** Opens a file at a place, and selects that. */
  async reveal(place: Place, focus = true): Promise<void> {
    this.#project.open(place.file);
    await this.#show();
    if (this.#shown !== place.file) return;
    const { length } = this.view.state.doc;
    const from = Math.min(place.from, length);
    const to = Math.min(place.to, length);
    this.view.dispatch({
      selection: EditorSelection.single(from, to),
      effects: EditorView.scrollIntoView(EditorSelection.range(from, to), { y: "center" }),
    });
    if (focus) this.view.focus();
  }

  /** Lights up parts of the open file. */
  light(places: readonly Place[]): void {
    light(this.view, places.filter((place) => place.file === this.#shown));
  }

  /** Makes changes that the compiler offered for a version of the texts. */
  apply(edits: readonly Edit[], version: number): void {
    if (!this.#session.isCurrent(version)) {
      this.refused.emit("The text has changed since: look at the offer anew.");
      return;
    }
    const files = new Set(edits.map((edit) => edit.range.file));
    if ([...files].some((file) => !this.#project.files.has(file))) {
      this.refused.emit("The change would be in the standard library, which is read only.");
      return;
    }
    for (const file of files) {
      const changes = edits
        .filter((edit) => edit.range.file === file)
        .map(({ range, text }) => ({ from: range.from, to: range.to, insert: text }));
      if (file === this.#shown) {
        this.view.dispatch({ changes, userEvent: "input" });
      } else {
        const state = this.#states.get(file) ?? this.#state(file, this.#project.text(file)!);
        const { state: next } = state.update({ changes });
        this.#states.set(file, next);
        this.#project.write(file, next.doc);
      }
    }
  }

  /** Puts the compiler's layout in the place of the author's. */
  async format(): Promise<string> {
    const file = this.#project.active;
    if (!this.#project.files.has(file)) return "The standard library is read only.";
    const edits = await this.#session.askNow("format", [file]);
    if (!edits) return "A text with mistakes in its syntax is not formatted.";
    if (edits.length === 0) return "The text is formatted already.";
    this.apply(edits, this.#session.version);
    return "Formatted.";
  }

  /** The pointer says the same many times on its way over one character. */
  #point(at: number | null): void {
    if (at === this.#pointedAt) return;
    this.#pointedAt = at;
    this.pointed.emit(at === null ? undefined : { file: this.#shown, from: at, to: at });
  }

  #all(): Extension {
    const file = () => this.#shown;
    return [
      lineNumbers(),
      lintGutter(),
      highlightActiveLineGutter(),
      highlightSpecialChars(),
      history(),
      drawSelection(),
      rectangularSelection(),
      EditorState.allowMultipleSelections.of(true),
      indentUnit.of("  "),
      indentService.of((context, at) => braces(context.state, at)),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      autocompletion({ override: [completion(this.#session, file)], icons: false }),
      hover(this.#session, file),
      highlightActiveLine(),
      highlightSelectionMatches(),
      lit,
      keymap.of([
        { key: "Shift-Alt-f", run: () => (void this.format(), true) },
        { key: "F8", run: nextDiagnostic },
        { key: "F12", run: () => (void this.#definition(), true) },
        { key: "Ctrl-m", mac: "Shift-Alt-m", run: toggleTabFocusMode },
        ...closeBracketsKeymap,
        ...defaultKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...completionKeymap,
        indentWithTab,
      ]),
      EditorView.domEventHandlers({
        mousemove: (event, view) => this.#point(view.posAtCoords(event)),
        mouseleave: () => this.#point(null),
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) this.#project.write(this.#shown, update.state.doc);
        if (update.selectionSet || update.docChanged) {
          const { from, to } = update.state.selection.main;
          this.moved.emit({ file: this.#shown, from, to });
        }
      }),
      theme,
    ];
  }

  #state(file: string, doc: Text): EditorState {
    const standard = !this.#project.files.has(file);
    return EditorState.create({
      doc,
      extensions: [
        this.#extensions,
        tokenColours(() => this.#session.tokenClasses),
        EditorView.contentAttributes.of({
          "aria-label": standard ? `${file}, a module of the standard library, read only` : `Policy ${file}`,
          tabindex: "0",
          "aria-description": "Esc, then Tab, leaves the editor",
        }),
        standard ? [EditorState.readOnly.of(true)] : [],
      ],
    });
  }

  async #textOf(file: string): Promise<Text | undefined> {
    const own = this.#project.text(file) ?? this.#standard.get(file);
    if (own || !file.startsWith(STANDARD)) return own;
    const text = await this.#session.ask("text", [file]);
    if (text === undefined) return undefined;
    const doc = textOf(text);
    this.#standard.set(file, doc);
    return doc;
  }

  async #show(): Promise<void> {
    const file = this.#project.active;
    for (const path of this.#states.keys()) {
      if (!this.#project.files.has(path) && !this.#standard.has(path)) this.#states.delete(path);
    }
    if (file === this.#shown && this.#states.has(file)) return;
    const doc = await this.#textOf(file);
    if (!doc || file !== this.#project.active) return;
    if (this.#states.has(this.#shown)) this.#states.set(this.#shown, this.view.state);
    let state = this.#states.get(file);
    if (!state || state.doc !== doc) state = this.#state(file, doc);
    this.#states.set(file, state);
    this.#shown = file;
    this.view.setState(state);
    if (this.#session.lastChecked) this.#checked(this.#session.lastChecked);
    const { from, to } = state.selection.main;
    this.moved.emit({ file, from, to });
  }

  /** Forgets what others than the editor have changed; it is opened anew. */
  #follow(path: string | undefined): void {
    for (const [file, state] of this.#states) {
      if (path !== undefined && file !== path) continue;
      const text = this.#project.text(file);
      const known = file === this.#shown ? this.view.state.doc : state.doc;
      if (this.#standard.has(file) || text === known) continue;
      this.#states.delete(file);
      if (file === this.#shown) this.#shown = "";
    }
  }

  #checked(checked: Checked): void {
    if (checked.file !== this.#shown || !this.#session.isCurrent(checked.version)) return;
    const { state } = this.view;
    const apply = (edits: readonly Edit[], version: number) => this.apply(edits, version);
    const list = problems(checked.diagnostics, this.#shown, checked.version, state.doc.length, apply);
    this.view.dispatch({ effects: setTokens.of(checked.tokens) });
    this.view.dispatch(setDiagnostics(this.view.state, list));
  }

  async #definition(): Promise<void> {
    const found = await this.#session.askNow("definition", [this.#shown, this.view.state.selection.main.head]);
    const target = found?.[0];
    if (target) await this.reveal(target.name);
  }
}

/** As far in as there are braces and brackets open. */
function braces(state: EditorState, at: number): number {
  const line = state.doc.lineAt(at);
  const before = line.number > 1 ? state.doc.line(line.number - 1).text : "";
  const indent = /^\s*/.exec(before)![0].length;
  const opens = /[{[(]\s*(#.*)?$/.test(before) ? 2 : 0;
  const closes = /^\s*[}\])]/.test(state.sliceDoc(at, line.to)) ? 2 : 0;
  return Math.max(0, indent + opens - closes);
}
