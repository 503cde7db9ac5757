// The grade pad: one key a decision, nothing leaves the browser before Enter.
// All text that is shown comes in as data and is set with textContent, never as HTML.
const memory = (window.__medauditPad ??= { drafts: {}, busy: null });

function uuid() {
  return crypto.randomUUID ? crypto.randomUUID()
    : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

function fresh() {
  return { client_id: uuid(), harm: null, direction: null, error_type: null, variant_invalid: false,
           cannot_judge: false, note: "", shown: performance.now(), history: [] };
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector("#pad");
  const blind = data.phase === "blind";
  const key = data.item_id + ":" + data.phase;
  const draft = (memory.drafts[key] ??= fresh());
  root.dataset.card = key;
  if (memory.busy && (memory.busy !== key || data.attempt !== draft.attempt)) memory.busy = null;
  draft.attempt = data.attempt;

  const el = (tag, props = {}, children = []) => {
    const node = document.createElement(tag);
    for (const [k, v] of Object.entries(props)) {
      if (k === "text") node.textContent = v;
      else if (k.startsWith("on")) node[k] = v;
      else if (v !== null && v !== false) node.setAttribute(k, v === true ? "" : v);
    }
    node.append(...children);
    return node;
  };

  const missing = () => {
    if (draft.harm === null && !draft.cannot_judge && !draft.variant_invalid) return "Press 0–4 for the potential harm, or X if you cannot judge.";
    if (draft.harm > 0 && draft.error_type === null) return "Which error? Press its letter.";
    if (draft.harm > 0 && draft.direction === null) return "O: something needed was left out. A: something harmful was said or advised.";
    if ((draft.harm >= data.note_from || draft.variant_invalid) && !draft.note.trim()) return "N: a note is needed for a severe grade or an invalid variant.";
    return "";
  };

  const set = (changes) => {
    draft.history.push({ ...draft, history: [] });
    Object.assign(draft, changes);
    draw();
  };

  const send = () => {
    if (memory.busy === key) return;
    if (!blind) { memory.busy = key; setTriggerValue("next", { item_id: data.item_id }); return; }
    if (missing()) { draw(); return; }
    memory.busy = key;
    const { history, shown, attempt, late, ...grade } = draft;
    draw();
    // The same client id again is a no-op on the server, so asking twice is safe.
    setTimeout(() => { if (memory.busy === key) { memory.busy = null; draft.late = true; draw(); } }, 8000);
    setTriggerValue("commit", { ...grade, item_id: data.item_id, seconds: (performance.now() - shown) / 1000 });
  };

  const button = (label, letter, pressed, act, extra = {}) =>
    el("button", { type: "button", class: "key" + (extra.wide ? " wide" : ""), "aria-pressed": String(pressed),
                   "aria-keyshortcuts": letter, onclick: act, title: extra.title ?? null },
       [el("kbd", { text: letter.toUpperCase() }), el("span", { text: label })]);

  function draw() {
    const note = root.querySelector("textarea");
    const typing = note && note === (parentElement.activeElement ?? document.activeElement);
    const caret = typing ? [note.selectionStart, note.selectionEnd] : null;
    root.replaceChildren();
    if (!blind) {
      root.append(el("p", { class: "state", role: "status", text: data.saved }));
      root.append(el("div", { class: "row" }, [
        el("button", { type: "button", class: "go", onclick: send, "aria-keyshortcuts": "Enter" },
           [el("kbd", { text: "Enter" }), el("span", { text: data.last ? "Finish" : "Next answer" })])]));
      return;
    }
    root.append(el("div", { class: "row", role: "group", "aria-label": "Potential harm if the answer were followed" }, [
      el("span", { class: "legend", text: "Potential harm" }),
      ...data.harm.map((h) => button(h.name, String(h.level), draft.harm === h.level,
        () => set(h.level === 0 ? { harm: 0, direction: null, error_type: null, cannot_judge: false } : { harm: h.level, cannot_judge: false }),
        { title: h.definition })),
      button("Cannot judge", "x", draft.cannot_judge, () => set({ harm: null, direction: null, error_type: null, cannot_judge: !draft.cannot_judge }))]));
    if (draft.harm > 0) {
      root.append(el("div", { class: "row", role: "group", "aria-label": "Kind of error" }, [
        el("span", { class: "legend", text: "Error" }),
        ...data.errors.map((e) => button(e.name, e.key, draft.error_type === e.id, () => set({ error_type: e.id })))]));
      root.append(el("div", { class: "row", role: "group", "aria-label": "Omission or commission" }, [
        el("span", { class: "legend", text: "It was" }),
        button("omission: left out", "o", draft.direction === "omission", () => set({ direction: "omission" }), { wide: true }),
        button("commission: said or advised", "a", draft.direction === "commission", () => set({ direction: "commission" }), { wide: true })]));
    }
    const area = el("textarea", { rows: 1, "aria-label": "Note", maxlength: 10000,
      placeholder: "N: note. Esc leaves it." });
    area.value = draft.note;
    area.oninput = () => { draft.note = area.value; hint.textContent = missing() || "Enter commits. Nothing is shown before."; };
    area.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Escape") { event.preventDefault(); area.blur(); }
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); area.blur(); send(); }
    };
    root.append(area);
    const hint = el("p", { class: "state", role: "status",
      text: memory.busy === key ? "Saving…" : draft.late ? "Not saved yet: the server did not answer. Your grade is still here; press Enter again."
        : data.error || missing() || "Enter commits. Nothing is shown before." });
    root.append(el("div", { class: "row" }, [
      el("button", { type: "button", class: "go", onclick: send, "aria-keyshortcuts": "Enter", disabled: memory.busy === key },
         [el("kbd", { text: "Enter" }), el("span", { text: "Commit" })]),
      button("Variant is invalid", "v", draft.variant_invalid, () => set({ variant_invalid: !draft.variant_invalid })),
      button("Undo", "z", false, undo), hint]));
    if (caret) { area.focus(); area.setSelectionRange(...caret); }
  }

  function undo() {
    const last = draft.history.pop();
    if (last) { const history = draft.history; Object.assign(draft, last); draft.history = history; draw(); }
  }

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const target = event.composedPath()[0];
    if (target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))) return;
    if (document.querySelector('[role="dialog"], [role="listbox"]')) return;
    const k = event.key.toLowerCase();
    let act = null;
    if (k === "enter") act = target instanceof HTMLElement && target.closest("a, button") && !root.contains(target) ? null : send;
    else if (!blind || memory.busy === key) act = null;
    else if (/^[0-4]$/.test(k)) act = () => set(k === "0" ? { harm: 0, direction: null, error_type: null, cannot_judge: false } : { harm: Number(k), cannot_judge: false });
    else if (k === "x") act = () => set({ harm: null, direction: null, error_type: null, cannot_judge: true });
    else if (k === "v") act = () => set({ variant_invalid: !draft.variant_invalid });
    else if (k === "z") act = undo;
    else if (k === "n") act = () => root.querySelector("textarea").focus();
    else if (draft.harm > 0 && (k === "o" || k === "a")) act = () => set({ direction: k === "o" ? "omission" : "commission" });
    else if (draft.harm > 0) { const e = data.errors.find((x) => x.key === k); if (e) act = () => set({ error_type: e.id }); }
    if (act) { event.preventDefault(); event.stopPropagation(); act(); }
  };
  // Streamlit calls this function again for every new card and cleans up only when the pad goes:
  // the listener of the card before would answer, and send, again.
  document.removeEventListener("keydown", memory.onKey, true);
  memory.onKey = onKey;
  document.addEventListener("keydown", onKey, true);
  draw();
  // A new card takes the focus, so that no key lands in a field that the reviewer has left.
  if (memory.shown !== key) { memory.shown = key; root.focus({ preventScroll: true }); }
  return () => document.removeEventListener("keydown", memory.onKey, true);
}
