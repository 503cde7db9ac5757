// Draws what there is to read. All text comes in as data and is set with textContent, never as HTML.
const el = (tag, props = {}, children = []) => {
  const node = document.createElement(tag);
  for (const [k, v] of Object.entries(props)) {
    if (k === "text") node.textContent = v;
    else if (k.startsWith("on")) node[k] = v;
    else if (v !== null && v !== undefined && v !== false) node.setAttribute(k, v === true ? "" : v);
  }
  node.append(...children);
  return node;
};

const chips = (items, extra = []) =>
  el("div", { class: "ma-chips" }, [...items.map((t) => el("span", { class: "ma-chip", text: t })), ...extra]);

// Pieces are [fate, [[text, mark, label], …]]; a clean view leaves the fate out.
const pieces = (found, clean) => found.map(([fate, parts]) => {
  const inside = parts.map(([text, mark, label]) => !mark ? document.createTextNode(text)
    : el(mark === "evidence" ? "mark" : "span", { class: "ma-" + mark, title: label, text }));
  if (!fate || clean) return inside;
  return [el(fate === "inserted" ? "ins" : "del", { class: "ma-" + fate }, inside)];
}).flat();

// An image unfolds to its full size. Its source is a data URI: nothing is asked of the network.
const image = ({ alt, src }) => !src ? el("p", { class: "ma-note", text: alt })
  : el("details", { class: "ma-image" }, [el("summary", { title: "Larger or smaller" }, [el("img", { alt, src }), el("span", { text: "Full size" })])]);

const box = (title, kind, inside, note, images = []) => {
  const body = el("div", { class: "ma-text", tabindex: "0", role: "group", "aria-label": title }, [...images.map(image), ...inside]);
  return el("section", { class: "ma-panel " + kind, "aria-label": title },
    [el("p", { class: "ma-label", text: title }), body, ...(note ? [el("p", { class: "ma-note", text: note })] : [])]);
};

const panel = (data, view, kind = "") => {
  if (data.absent) return box(data.title, kind, [el("em", { text: data.absent })], data.note);
  const found = view === "changes" && data.changes ? data.changes : data.pieces;
  return box(data.title, kind, pieces(found, view === "clean"), data.note, data.images);
};

const lines = (data) => box(data.title, "ma-lines", [el("ul", {}, data.lines.map(([head, text]) =>
  el("li", {}, [...(head ? [el("strong", { text: head + " " })] : []), document.createTextNode(text)])))], data.note);

const read = (data) => box(data.title, "ma-read", [chips(data.chips),
  ...(data.note ? [el("p", { class: "ma-said", text: data.note })] : []),
  ...data.quotes.map((q) => el("blockquote", { text: q })),
  el("p", { class: "ma-note", text: data.opened })]);

const summary = (data) => el("section", { class: "ma-panel ma-summary", "aria-label": data.title }, [
  el("h2", { text: data.title }),
  el("dl", {}, data.lines.flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { text: value })])),
  ...(data.note ? [el("p", { text: data.note })] : []),
  ...(data.items.length ? [el("ul", {}, data.items.map(([text, href]) =>
    el("li", {}, [el("a", { href, target: "_self", text })])))] : [])]);

// The whole left side. `state`: view, and which folded parts are open; `act`: what their keys do.
function drawCard(root, card, state, act) {
  const scrolls = [...root.querySelectorAll(".ma-text")].map((n) => n.scrollTop);
  const same = root.dataset.card === card.id;
  const tools = card.summary ? [] : [
    ["d", { diff: "Word diff", clean: "Clean", changes: "Changes only" }[state.view], card.prompts.length > 1, null, "d: the next way to show what was changed"],
    ["g", "Criteria and red flags", card.offered.includes("reference"), Boolean(state.open.reference), "g: what a safe answer needs; opening it is logged"],
    ["b", "Answer to the original", card.offered.includes("base"), Boolean(state.open.base), "b: what this system said to the original; opening it is logged"],
  ].filter(([, , there]) => there).map(([key, label, , open, title]) =>
    el("button", { type: "button", class: "tool", title, "aria-keyshortcuts": key, "aria-expanded": open === null ? null : String(open), onclick: () => act(key) },
      [el("kbd", { text: key.toUpperCase() }), el("span", { text: label })]));
  const out = [el("h1", { class: "ma-unseen", text: card.heading }),
    el("div", { class: "ma-strip" }, [chips(card.strip), el("div", { class: "ma-tools" }, tools)])];
  if (card.summary) out.push(summary(card.summary));
  else {
    const two = (nodes, kind) => el("div", { class: "ma-row " + kind }, nodes);
    out.push(two(card.prompts.map((p) => panel(p, state.view)), "ma-prompts"));
    const base = state.open.base ? card.asides.base : null;
    const answers = card.answers.map((a) => panel(base && a.graded && !a.absent ? { ...a, pieces: base.after } : a,
      state.view === "clean" ? "clean" : "diff", a.graded ? "ma-answer" : ""));
    if (base) answers.unshift(panel(base, state.view === "clean" ? "clean" : "diff"));
    if (state.open.reference && card.asides.reference) answers.push(lines(card.asides.reference));
    out.push(two(answers, "ma-answers"));
    if (card.facts) out.push(chips(card.facts));
    if (card.key) out.push(lines(card.key));
    if (card.why) out.push(el("details", { class: "ma-panel ma-why" }, [el("summary", { text: "Why the automatic scores are what they are" }), lines(card.why)]));
    if (card.reads) out.push(two([...card.reads.map(read), lines(card.differ)], "ma-reads"));
  }
  root.replaceChildren(...out);
  root.dataset.card = card.id;
  if (same) [...root.querySelectorAll(".ma-text")].forEach((n, i) => { if (scrolls[i]) n.scrollTop = scrolls[i]; });
}

// The selection inside the answer, character by character; null when it lies elsewhere.
function quoted(root) {
  const chosen = document.getSelection();
  if (!chosen || chosen.isCollapsed || chosen.rangeCount === 0) return null;
  const range = chosen.getRangeAt(0);
  const answer = [...root.querySelectorAll(".ma-answer .ma-text")].find((n) => n.contains(range.commonAncestorContainer));
  if (!answer) return null;
  // A character that is shown by its number goes back as itself: a quote is verbatim.
  const text = range.toString().replace(/⟦U\+([0-9A-F]{4,6})⟧/g, (_, hex) => String.fromCodePoint(parseInt(hex, 16)));
  return text.trim() ? text.trim() : null;
}
