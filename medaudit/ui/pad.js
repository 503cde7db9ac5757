// The grade pad: one key a decision. A draft goes to the server as it grows; a grade on Enter only.
const memory = (window.__medauditPad ??=
  { drafts: {}, busy: null, view: "diff", open: {}, item: null, definitions: false, mode: null, rating: 0, revising: null });
const VIEWS = ["diff", "clean", "changes"];
const READY_MS = 100, QUIET_MS = 500, LATEST_MS = 1000, PATIENCE_MS = 8000;
const SURE = { 1: "low", 2: "middle", 3: "high" };

function uuid() {
  return crypto.randomUUID ? crypto.randomUUID()
    : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

const EMPTY = { harm: null, direction: null, error_type: null, variant_invalid: false, cannot_judge: false,
                confidence: null, dimensions: {}, note: "", quotes: [] };
const grade = (draft) => Object.fromEntries(Object.keys(EMPTY).map((k) => [k, draft[k]]));

// The newest of what this tab and the server kept; a tab keeps every key, the server every second.
function restored(place, served) {
  let own = null;
  try { own = JSON.parse(sessionStorage.getItem(place)); } catch { /* storage may be switched off */ }
  const newest = [own, served].filter(Boolean).sort((a, b) => b.changed - a.changed)[0];
  return { client_id: uuid(), ...EMPTY, seconds: 0, changed: 0, ...newest, history: [], since: performance.now() };
}

export default function mount(component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector("#pad"), left = parentElement.querySelector("#card");
  // A changed grade that was kept shows in what is saved: then there is nothing left to change.
  const change = data.phase === "revealed" && memory.revising?.item === data.item_id && memory.revising.saved === data.saved;
  if (!change) memory.revising = null;
  const answer = change ? memory.revising.answer : data.answer;
  const grading = change || ["blind", "impression", "verdict"].includes(data.phase);
  const key = data.item_id + ":" + answer + ":" + (change ? "revise" : data.phase);
  const place = "medaudit:" + data.owner + ":" + key;
  if (memory.item !== data.item_id) Object.assign(memory, { item: data.item_id, open: {}, asked: {}, mode: null, rating: 0, revising: null });
  const draft = (memory.drafts[place] ??= restored(place, change ? { ...data.own[answer], changed: 0 } : data.draft));
  root.dataset.card = key;
  if (data.attempt !== draft.attempt) memory.asked = {};
  if (memory.busy && (memory.busy !== key || data.attempt !== draft.attempt)) memory.busy = null;
  draft.attempt = data.attempt;
  if (memory.sent && memory.sent !== place) { forget(memory.sent); memory.sent = null; }
  for (const what of ["reference", "base"]) {
    if (memory.asked?.[what] && data.card.asides[what]) { memory.asked[what] = false; memory.open[what] = true; }
  }

  function forget(which) {
    delete memory.drafts[which];
    try { sessionStorage.removeItem(which); } catch { /* as above */ }
  }

  const seconds = () => draft.seconds + (draft.since === null ? 0 : (performance.now() - draft.since) / 1000);
  const kept = () => ({ client_id: draft.client_id, ...grade(draft), seconds: seconds(), changed: draft.changed });

  function keep() {
    draft.changed = Date.now();
    try { sessionStorage.setItem(place, JSON.stringify(kept())); } catch { /* as above */ }
    if (change) return;
    draft.first ??= draft.changed;
    clearTimeout(memory.saving);
    memory.saving = setTimeout(save, Math.max(0, Math.min(QUIET_MS, draft.first + LATEST_MS - draft.changed)));
  }
  function save() {
    if (memory.busy || memory.place !== place) return;
    draft.first = null;
    setTriggerValue("draft", { item_id: data.item_id, phase: data.phase, answer, ...kept() });
  }

  const missing = () => {
    if (draft.harm === null && !draft.cannot_judge && !draft.variant_invalid) return "0–4 for the potential harm, or X if you cannot judge.";
    if (draft.harm > 0 && draft.error_type === null) return "Which error? Press its letter.";
    if (draft.harm > 0 && draft.direction === null) return "O: something needed was left out. A: something harmful was said or advised.";
    const unrated = draft.harm === null ? undefined : data.dimensions.find((d) => !(d.id in draft.dimensions));
    if (unrated) return "Q, then 1–5 for: " + unrated.name + ".";
    if ((draft.harm >= data.note_from || draft.variant_invalid) && !draft.note.trim()) return "N: a note is needed for a severe grade or an invalid variant.";
    return "";
  };
  const hint = () => memory.busy === key ? "Saving…"
    : draft.late ? "Not saved yet: the server did not answer. Your grade is still here; press Enter again."
    : data.error || missing() || (data.phase === "verdict" ? "Enter makes this verdict final." : "Enter commits.");

  const remember = () => {
    const now = structuredClone(grade(draft));
    if (JSON.stringify(now) !== JSON.stringify(draft.history.at(-1))) draft.history.push(now);
  };
  const set = (changes) => {
    remember();
    Object.assign(draft, changes);
    keep();
    draw();
  };
  const level = (n) => set({ harm: n, cannot_judge: false, ...(n === 0 ? { direction: null, error_type: null } : {}) });
  const undo = () => {
    let last = draft.history.pop();
    if (JSON.stringify(last) === JSON.stringify(grade(draft))) last = draft.history.pop();
    if (last) { Object.assign(draft, last); keep(); draw(); }
  };
  const rate = (id, n) => {
    const dimensions = { ...draft.dimensions, [id]: n };
    const open = data.dimensions.findIndex((d) => !(d.id in dimensions));
    memory.rating = open;
    if (open < 0) memory.mode = null;
    set({ dimensions });
  };
  const mode = (name) => { memory.mode = name; draw(); };

  // The same client id again is a no-op on the server, so asking twice is safe.
  function ask(name, value) {
    memory.busy = key;
    if (name !== "next") memory.sent = place;
    clearTimeout(memory.saving);
    setTimeout(() => { if (memory.busy === key) { memory.busy = null; draft.late = true; draw(); } }, PATIENCE_MS);
    setTriggerValue(name, { item_id: data.item_id, ...value });
  }
  function send() {
    if (memory.busy === key || waiting() > 0) return;
    if (!grading) { ask("next", {}); return; }
    if (missing()) {
      const open = data.dimensions.findIndex((d) => !(d.id in draft.dimensions));
      if (missing().startsWith("Q") && open >= 0) { memory.rating = open; memory.mode = "rate"; }
      draw();
      return;
    }
    const { changed, ...sent } = kept();
    ask("commit", { ...sent, answer, phase: change ? "revise" : data.phase });
    draw();
  }
  function skip(reason, judgeable) {
    if (!reason.trim()) return;
    memory.mode = null;
    ask("skip", { reason: reason.trim(), kind: judgeable ? "skipped" : "not_judgeable", client_id: draft.client_id });
    draw();
  }
  function revise(which) {
    if (which === null) forget(place);
    memory.revising = which === null ? null : { item: data.item_id, answer: which, saved: data.saved };
    mount(component);
  }
  const waiting = () => data.wait ? Math.ceil(data.wait - (performance.now() - (memory.paused ?? performance.now())) / 1000) : 0;

  function tool(letter) {
    if (letter === "d") {
      if (data.card.prompts.length < 2) return;
      memory.view = VIEWS[(VIEWS.indexOf(memory.view) + 1) % VIEWS.length];
    } else {
      const what = letter === "g" ? "reference" : "base";
      if (!data.card.offered.includes(what)) return;
      if (!data.card.asides[what]) {
        if (!memory.asked[what]) { memory.asked[what] = true; setTriggerValue("open", { item_id: data.item_id, what }); }
        return;
      }
      memory.open[what] = !memory.open[what];
    }
    drawCard(left, data.card, memory, tool);
  }

  // A click gives the focus back to the pad; a press of Space or Enter leaves it where it is.
  const button = (label, letter, pressed, act, { kind = "", title = null, describe = null } = {}) =>
    el("button", { type: "button", class: "key " + kind, "aria-pressed": pressed === null ? null : String(pressed), "data-k": letter + label,
                   "aria-keyshortcuts": letter || null, title, disabled: memory.busy === key,
                   onclick: (event) => { act(); if (event.detail > 0) root.focus({ preventScroll: true }); } },
       [...(letter ? [el("kbd", { text: letter.toUpperCase() })] : []), el("span", {}, [label, ...(describe ? [el("small", { text: describe })] : [])])]);
  const row = (legend, children, kind = "") =>
    el("div", { class: "row " + kind, role: "group", "aria-label": legend }, [el("span", { class: "legend", text: legend }), ...children]);

  function draw() {
    const focused = root.contains(document.activeElement) ? document.activeElement : null;
    const again_k = focused?.dataset.k, caret = focused?.id === "note" ? [focused.selectionStart, focused.selectionEnd] : null;
    const out = [el("h2", { text: change ? data.revise : data.title })];
    if (data.saved && !grading) out.push(el("p", { class: "state", role: "status", text: data.saved }));
    if (!grading) out.push(...offered());
    else if (memory.mode === "skip") out.push(skipping());
    else out.push(...form());
    if (memory.mode === "help") out.push(help());
    root.replaceChildren(...out);
    const back = caret ? root.querySelector("#note") : again_k ? root.querySelector(`[data-k="${CSS.escape(again_k)}"]`) : null;
    if (caret && back) { back.focus(); back.setSelectionRange(...caret); }
    else if (memory.mode === "skip") root.querySelector("#why").focus();
    else if (memory.mode === "help") root.querySelector("[role=dialog]").focus();
    else if (back) back.focus({ preventScroll: true });
    else if (focused) root.focus({ preventScroll: true });
  }

  // After the reveal, at a pause, at the end.
  function offered() {
    const left = waiting();
    if (left > 0) setTimeout(() => { if (memory.place === place) draw(); }, 250);
    const out = [];
    if (data.error) out.push(el("p", { class: "state", role: "alert", text: data.error }));
    if (data.go) out.push(el("div", { class: "row" }, [
      el("button", { type: "button", class: "go", onclick: send, "aria-keyshortcuts": "Enter", disabled: left > 0 || memory.busy === key },
         [el("kbd", { text: "Enter" }), el("span", { text: left > 0 ? `${data.go} in ${left} s` : data.go })])]));
    for (const [i, letter] of ["x", "y"].entries()) {
      if (data.own[i]) out.push(el("div", { class: "row" }, [button("Dispute my own grade" + (data.own[1] ? " of answer " + "AB"[i] : ""), letter, null, () => revise(i),
        { kind: "wide", title: "A new entry, marked as made after the reveal; your first one stays." })]));
    }
    return out;
  }

  function form() {
    const harmful = draft.harm > 0, words = memory.definitions;
    const out = [], fields = [row("Potential harm if followed", [...data.harm.map((h) => button(h.name, String(h.level), draft.harm === h.level, () => level(h.level),
      { kind: "wide", title: h.definition, describe: words ? h.definition : null })),
      button("Cannot judge", "x", draft.cannot_judge, () => set({ harm: null, direction: null, error_type: null, cannot_judge: !draft.cannot_judge })),
      button("Variant invalid", "v", draft.variant_invalid, () => set({ variant_invalid: !draft.variant_invalid }),
        { title: "The change made another case of it: the pair leaves every flip rate." })], "harm")];
    if (harmful) {
      fields.push(row("Error", data.errors.map((e) => button(e.name, e.key, draft.error_type === e.id, () => set({ error_type: e.id }))), "errors"));
      fields.push(row("It was", [
        button("left out", "o", draft.direction === "omission", () => set({ direction: "omission" }), { title: "Omission: something needed was left out." }),
        button("said or advised", "a", draft.direction === "commission", () => set({ direction: "commission" }), { title: "Commission: something harmful was said or advised." })], "errors"));
    }
    data.dimensions.forEach((d, i) => fields.push(row(d.name, [1, 2, 3, 4, 5].map((n) => button(String(n), "", draft.dimensions[d.id] === n, () => rate(d.id, n))),
      "scale" + (memory.mode === "rate" && memory.rating === i ? " now" : ""))));
    fields.push(row("How sure", [button(SURE[draft.confidence] ?? "not said", "k", null, sure), button("Undo", "z", null, undo), ...(data.skippable ? [button("Skip", "s", null, () => mode("skip"))] : []),
      button("Keys", "?", null, () => mode("help"))], "sure"));
    for (const [i, q] of draft.quotes.entries()) {
      fields.push(el("blockquote", {}, [q + " ", el("button", { type: "button", class: "drop", "aria-label": "Remove this quote", text: "×", "data-k": "quote" + i,
        onclick: () => set({ quotes: draft.quotes.filter((_, n) => n !== i) }) })]));
    }
    const area = el("textarea", { id: "note", rows: 2, "aria-label": "Note", maxlength: 10000, placeholder: "N: note. Esc leaves it. T quotes the words you selected.", disabled: memory.busy === key });
    area.value = draft.note;
    const state = el("p", { class: "state", role: "status", text: hint() });
    area.onfocus = remember;
    area.oninput = () => { draft.note = area.value; draft.late = false; keep(); state.textContent = hint(); };
    area.onkeydown = (event) => {
      if (event.isComposing) return;
      event.stopPropagation();
      if (event.key === "Escape") { event.preventDefault(); root.focus({ preventScroll: true }); }
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); root.focus({ preventScroll: true }); send(); }
    };
    out.push(el("div", { class: "fields" }, fields), area, el("div", { class: "row end" }, [
      el("button", { type: "button", class: "go", onclick: send, "aria-keyshortcuts": "Enter", disabled: memory.busy === key },
         [el("kbd", { text: "Enter" }), el("span", { text: data.phase === "verdict" ? "Final verdict" : "Commit" })]),
      ...(change ? [button("Leave it", "Esc", null, () => revise(null))] : []), state]));
    return out;
  }
  const sure = () => set({ confidence: { null: 1, 1: 2, 2: 3, 3: null }[draft.confidence] });

  function skipping() {
    const why = el("input", { id: "why", type: "text", maxlength: 500, "aria-label": "Why you skip it" });
    const never = el("input", { id: "never", type: "checkbox" });
    const keys = (event) => {
      event.stopPropagation();
      if (event.key === "Escape") { event.preventDefault(); mode(null); root.focus({ preventScroll: true }); }
      if (event.key === "Enter") { event.preventDefault(); skip(why.value, !never.checked); }
    };
    why.onkeydown = never.onkeydown = keys;
    return el("div", { class: "asking" }, [
      el("label", { for: "why", text: "Why do you skip this answer?" }), why,
      el("label", { class: "tick" }, [never, " Nobody could judge it (leaves the queue for everyone)"]),
      el("p", { class: "state", text: "Enter skips it with this reason, Esc goes back. The reason is kept." })]);
  }

  function help() {
    const keys = [["0–4", "potential harm"], ["X", "cannot judge"], ["letter", "error type, shown once a harm is set"], ["O A", "left out; said or advised"],
      ["Enter", "commit, then next"], ["N Esc", "write a note, leave it"], ["T", "quote the selected words of the answer"], ["V", "the variant itself is invalid"],
      ["K", "how sure: low, middle, high"], ["Z", "undo the last change"], ...(data.dimensions.length ? [["Q 1–5", "rate the dimensions"]] : []), ...(data.skippable ? [["S", "skip with a reason"]] : []),
      ["D", "word diff, clean, changes only"], ["G", "criteria and red flags (logged)"], ["B", "answer to the original (logged)"], ["H", "definitions of the harm scale"], ["?", "this list"]];
    return el("div", { class: "help", role: "dialog", "aria-modal": "true", "aria-label": "Keys", tabindex: "-1" }, [el("h3", { text: "Keys" }),
      el("dl", {}, keys.flatMap(([k, what]) => [el("dt", { text: k }), el("dd", { text: what })])),
      button("Close", "Esc", null, () => mode(null))]);
  }

  function pressed(k) {
    if (memory.mode === "help") return ["escape", "?", "enter"].includes(k) ? () => mode(null) : () => {};
    if (k === "enter") return send;
    if (data.card.prompts && (k === "d" || k === "g" || k === "b")) return () => tool(k);
    if (memory.busy === key) return null;
    if (!grading) return data.own["xy".indexOf(k)] ? () => revise("xy".indexOf(k)) : null;
    if (k === "escape") return memory.mode === "rate" ? () => mode(null) : change ? () => revise(null) : null;
    if (memory.mode === "rate" && /^[1-5]$/.test(k)) return () => rate(data.dimensions[memory.rating].id, Number(k));
    if (/^[0-4]$/.test(k)) return () => level(Number(k));
    const plain = { x: () => set({ harm: null, direction: null, error_type: null, cannot_judge: !draft.cannot_judge }), v: () => set({ variant_invalid: !draft.variant_invalid }),
      z: undo, k: sure, "?": () => mode("help"), h: () => { memory.definitions = !memory.definitions; draw(); }, n: () => root.querySelector("#note").focus(),
      t: () => { const q = quoted(left); if (q && !draft.quotes.includes(q)) set({ quotes: [...draft.quotes, q] }); },
      ...(data.skippable ? { s: () => mode("skip") } : {}),
      ...(data.dimensions.length ? { q: () => { memory.rating = Math.max(0, data.dimensions.findIndex((d) => !(d.id in draft.dimensions))); mode("rate"); } } : {}) };
    if (plain[k]) return plain[k];
    if (!(draft.harm > 0)) return null;
    if (k === "o" || k === "a") return () => set({ direction: k === "o" ? "omission" : "commission" });
    const error = data.errors.find((e) => e.key === k);
    return error ? () => set({ error_type: error.id }) : null;
  }

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    const target = event.composedPath()[0];
    if (target instanceof HTMLElement) {
      if (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName)) return;
      if ((event.key === "Enter" || event.key === " ") && target.closest("a, button, summary")) return;
    }
    if (memory.mode !== "help" && document.querySelector('[role="dialog"], [role="listbox"]')) return;
    const act = pressed(event.key.toLowerCase());
    if (act) { event.preventDefault(); event.stopPropagation(); act(); }
  };
  const onSight = () => {
    if (document.hidden) { draft.seconds = seconds(); draft.since = null; } else draft.since ??= performance.now();
  };
  // Streamlit calls this function again for every new card and cleans up only when the pad goes:
  // the listeners of the card before would answer, and send, again.
  memory.leave?.();
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("visibilitychange", onSight);
  memory.leave = () => {
    document.removeEventListener("keydown", onKey, true);
    document.removeEventListener("visibilitychange", onSight);
  };
  const fresh = memory.place !== place;
  memory.place = place;
  if (fresh) memory.paused = performance.now();
  if (fresh && data.phase === "revealed") memory.open = {};
  const review = root.parentElement, scroller = review.closest('[data-testid="stMain"]');
  review.style.setProperty("--top", Math.round(review.getBoundingClientRect().top + (scroller?.scrollTop ?? 0)) + "px");
  const text = JSON.stringify(data.card);
  if (memory.drawn !== text || !left.firstChild) { memory.drawn = text; drawCard(left, data.card, memory, tool); }
  draw();
  if (fresh && ["blind", "revealed"].includes(data.phase)) {
    clearTimeout(memory.readying);
    memory.readying = setTimeout(() => { if (!memory.busy && memory.place === place) setTriggerValue("ready", { item_id: data.item_id }); }, READY_MS);
  }
  // A new card takes the focus, so that no key lands in a field that the reviewer has left.
  if (fresh) root.focus({ preventScroll: true });
  if (fresh && data.phase === "blind" && innerWidth <= 900) review.scrollIntoView({ block: "start" });
  return () => memory.leave();
}
