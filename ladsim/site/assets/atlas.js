/* The pages of the atlas. All text is set as text, never as HTML. The state is in the address: #scenarios/NAME, #levers/ID. */
"use strict";
const DATA = window.LADSIM;
const main = document.getElementById("content");

function el(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) made.append(child);
  return made;
}

const whole = (v) => (v === null || v === undefined ? "-" : Math.round(v).toLocaleString("en-US"));
const signed = (v) => (v > 0 ? "+" : "") + whole(v);
const code = (id) => DATA.names[id] || id;
function link(address, text) {
  return /^https?:\/\//.test(address) ? el("a", { href: address, rel: "noreferrer" }, text) : text;
}

function plusMinus(mean, low, high, sign) {
  if (low === null || high === null) return sign ? signed(mean) : whole(mean);
  const half = (high - low) / 2;
  const step = half > 0 ? Math.max(1, Math.pow(10, Math.floor(Math.log10(half)) - 1)) : 1;
  const round = (v) => Math.round(v / step) * step;
  return `${sign ? signed(round(mean)) : whole(round(mean))} ± ${whole(round(half))}`;
}
const untold = (row) => row.difference_low === null || row.difference_low === row.difference_high || (row.difference_low <= 0 && row.difference_high >= 0);

function table(caption, heads, rows) {
  const counted = (text) => /^[+-]?[\d,.]+( ± [\d,.]+)?$|^-$/.test(text);
  const right = heads.map((_, i) => i > 0 && rows.every((r) => counted(r[i])));
  const head = el("tr", {}, heads.map((h, i) => el("th", { scope: "col", class: right[i] ? "n" : "" }, h)));
  const body = rows.map((r) => el("tr", {}, r.map((c, i) => el(i ? "td" : "th", i ? { class: right[i] ? "n" : "" } : { scope: "row" }, c))));
  const made = el("table", {}, el("caption", { class: "small soft" }, caption), el("thead", {}, head), el("tbody", {}, body));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, made);
}

function numberCards(found) {
  return el("ul", { class: "cards" }, found.numbers.slice(0, 5).map((row) =>
    el("li", {}, el("span", { class: "small" }, `${row.label} (${row.unit})`),
      el("span", { class: "big" + (untold(row) ? " untold" : "") }, plusMinus(row.difference, row.difference_low, row.difference_high, true)),
      el("span", { class: "small soft" }, untold(row) ? `cannot be told from no change; reference ${whole(row.reference)}` : `${row.percent > 0 ? "+" : ""}${row.percent}% of ${whole(row.reference)}`))));
}

function changesTable(found) {
  return table("Difference to the reference over the whole period; ± is half of a 90 percent interval over replicates.",
    ["Measure", "Scenario", "Reference", "Difference"],
    found.numbers.map((r) => [`${r.label} (${r.unit})`, plusMinus(r.mean, 2 * r.mean - r.high, r.high), whole(r.reference), plusMinus(r.difference, r.difference_low, r.difference_high, true)]));
}

function fatesSection(found) {
  if (!found.flows.length) return [el("p", {}, "Nobody fares otherwise in these runs.")];
  const label = Object.fromEntries(DATA.fates.map((f) => [f.key, f.label]));
  return [
    el("p", { class: "soft" }, "The same persons followed in both worlds; only those who fare otherwise are shown. Left: under the reference; right: under the scenario."),
    el("figure", {}, flowChart(found.flows, DATA.fates, "Flows of persons between fates; the table below holds the numbers")),
    table("The largest flows, in persons", ["From", "To", "Persons"],
      found.flows.map((f) => [label[f.from], label[f.to], plusMinus(f.mean, 2 * f.mean - f.high, f.high)])),
  ];
}

const CHARTS = [["encounters_between_ports", "Encounters between ports (events a month)", "encounters_between_ports"],
  ["irregular_entries", "Darién crossings (entries a month)", "darien_entries"], ["encounters_at_ports", "Encounters at ports (events a month)", "encounters_at_ports"]];

function charts(found) {
  return CHARTS.filter(([key]) => found.series[key]).map(([key, title, series]) => {
    const s = found.series[key], o = DATA.observed[series];
    const real = found.months.map((m) => { const i = o ? o.months.indexOf(m) : -1; return i < 0 ? null : o.values[i]; });
    const lines = [{ values: s.reference, low: s.reference_low, high: s.reference_high, color: "#D55E00" }, { values: s.mean, low: s.low, high: s.high, color: "#0072B2" }, { values: real, color: "#222", dashed: true }];
    return el("figure", {}, el("h3", {}, title), lineChart(found.months, lines, title + "; observed, reference and scenario"),
      el("figcaption", { class: "legend" }, el("span", {}, el("i", { style: "background:#0072B2" }), "scenario"), el("span", {}, el("i", { style: "background:#D55E00" }), "reference"), el("span", {}, el("i", { style: "background:#222" }), "observed (dashed)")));
  });
}

function scenarios(name) {
  const cases = DATA.cases.filter((c) => c.kind === "scenario");
  const found = cases.find((c) => c.name === name) || cases.find((c) => c.name === "panama_removal") || cases[0];
  if (name && found.name !== name) return [el("p", { class: "note" }, `There is no scenario called "${name}" here.`), ...scenarios(found.name)];
  const choice = el("select", { id: "scenario", onchange: (e) => { location.hash = "scenarios/" + e.target.value; } },
    cases.map((c) => el("option", c === found ? { value: c.name, selected: "" } : { value: c.name }, c.title)));
  return [
    el("h1", {}, "What if?"),
    el("div", { class: "controls" }, el("div", {}, el("label", { for: "scenario" }, "Scenario"), choice)),
    el("h2", {}, found.title), el("p", { class: "question" }, found.question),
    el("p", { class: "soft" }, `${found.start} to ${found.end}, compared with: ${found.reference.title}.`),
    numberCards(found),
    el("p", { class: "note" }, "Scenarios under stated policies, not forecasts. An encounter is an event: one person can be encountered several times. Intervals cover chance and fitted parameters, not the model's form."),
    el("h2", {}, "Who fares otherwise, and instead of what"), fatesSection(found),
    el("h2", {}, "Month by month"), charts(found),
    el("h2", {}, "All measures"), changesTable(found),
    el("h2", {}, "Encounters between ports, by nationality"),
    table("The nationalities with the largest differences", ["Nationality", "Scenario", "Reference", "Difference"],
      found.nationalities.map((r) => [code(r.nationality), whole(r.scenario), whole(r.reference), plusMinus(r.difference, r.low, r.high, true)])),
    el("h2", {}, "Run it yourself"), el("code", {}, `python -m ladsim scenario=${found.name}`),
  ];
}

function termRow(t) {
  const values = t.values.map(([d, v], i) => (i ? `from ${d}: ${v}` : v)).join("; ");
  return el("li", {}, el("strong", {}, t.name.replace(/_/g, " ")), `: ${values} ${t.unit} `, el("span", { class: "tag" }, t.evidence),
    t.range ? el("span", { class: "tag" }, `range ${t.range}`) : null, el("br"), el("span", { class: "soft small" }, t.meaning + (t.note ? " " + t.note : "")),
    t.command ? el("details", {}, el("summary", { class: "small" }, "Doubled: the command"), el("code", {}, t.command)) : null);
}

function card(l, open) {
  const found = DATA.cases.find((c) => c.kind === "lever" && c.name === l.id);
  const dates = `${l.start} to ${l.end || "open end"}`;
  const made = el("details", open ? { open: "", id: "lever-" + l.id } : { id: "lever-" + l.id },
    el("summary", {}, l.title, " ", el("span", { class: "soft small" }, `${l.kind}, ${dates}`)),
    el("p", {}, el("span", { class: "tag" }, l.status), el("span", { class: "tag" }, l.pillar), l.commitment ? el("span", { class: "tag" }, "commitment of the Declaration") : null, el("span", { class: "tag" }, "evidence: " + l.evidence)),
    el("p", {}, el("strong", {}, "Who acts: "), l.actors.join(", "), l.document ? ` (listed on ${l.document})` : ""),
    el("p", {}, el("strong", {}, "Announced: "), l.announced, l.told ? `. ${l.told}` : ""),
    l.concerns.map(([what, names]) => el("p", {}, el("strong", {}, what + ": "), names)),
    l.terms.length ? [el("h3", {}, "Terms"), el("ul", {}, l.terms.map(termRow))] : null,
    l.parts.map((p) => [el("h3", {}, p.title), el("ul", {}, p.terms.map(termRow)), p.note ? el("p", { class: "soft small" }, p.note) : null]),
    found ? [el("h3", {}, found.how === "off" ? "What history would have been without it" : "What history would have been with it"), numberCards(found), el("h3", {}, "Who would fare otherwise"), fatesSection(found)] : null,
    el("h3", {}, "Sources"), el("ul", {}, l.references.map((r) => el("li", {}, link(r.address, r.text)))),
    l.note ? el("p", { class: "soft" }, l.note) : null,
    el("h3", {}, "Run it yourself"), el("code", {}, l.switch));
  return made;
}

function levers(id) {
  const kinds = [...new Set(DATA.levers.map((l) => l.kind))].sort();
  const list = el("div", { id: "list", "aria-live": "polite" });
  const search = el("input", { type: "search", id: "search", autocomplete: "off" });
  const kind = el("select", { id: "kind" }, el("option", { value: "" }, "all kinds"), kinds.map((k) => el("option", { value: k }, k)));
  const only = el("select", { id: "only" }, el("option", { value: "" }, "all instruments"), el("option", { value: "yes" }, "commitments of the Declaration"));
  const show = () => {
    const words = search.value.toLowerCase().slice(0, 200).split(/\s+/).filter(Boolean);
    const hit = DATA.levers.filter((l) => (!kind.value || l.kind === kind.value) && (!only.value || l.commitment)
      && words.every((w) => JSON.stringify([l.title, l.id, l.actors, l.concerns]).toLowerCase().includes(w)));
    list.replaceChildren(el("p", { class: "soft" }, `${hit.length} of ${DATA.levers.length} levers`), ...hit.map((l) => card(l, l.id === id)));
  };
  search.addEventListener("input", show); kind.addEventListener("change", show); only.addEventListener("change", show);
  show();
  const unknown = id && !DATA.levers.some((l) => l.id === id) ? el("p", { class: "note" }, `There is no lever called "${id}" here.`) : null;
  setTimeout(() => { const at = id && document.getElementById("lever-" + id); if (at) at.scrollIntoView(); }, 0);
  return [el("h1", {}, "Policy levers"), el("p", {}, "What is it, who promised it, from when to when, at which terms, and what the model says of history without it."), unknown,
    el("div", { class: "controls" }, el("div", {}, el("label", { for: "search" }, "Search"), search), el("div", {}, el("label", { for: "kind" }, "Kind"), kind), el("div", {}, el("label", { for: "only" }, "Show"), only)), list];
}

const GUESSES = [["fell to a tenth or less", -Infinity, 0.1], ["fell by half or more", 0.1, 0.5], ["fell by less than half", 0.5, 0.95], ["stayed about the same", 0.95, 1.05], ["rose, up to twice", 1.05, 2], ["more than doubled", 2, Infinity]];

function guess(which) {
  const n = Math.min(Math.max(parseInt(which || "1", 10) || 1, 1), DATA.experiments.length);
  const e = DATA.experiments[n - 1];
  const answer = el("div", { "aria-live": "polite" });
  const ratio = e.after[1] / Math.max(1, e.before[1]);
  const see = () => {
    const picked = document.querySelector("input[name=guess]:checked");
    if (!picked) { answer.replaceChildren(el("p", { class: "note" }, "Choose an answer first.")); return; }
    const right = GUESSES.findIndex(([, low, high]) => ratio > low && ratio <= high);
    answer.replaceChildren(
      el("p", {}, el("strong", {}, parseInt(picked.value, 10) === right ? "Right. " : "Not quite. "), `From ${whole(e.before[1])} in ${e.before[0]} to ${whole(e.after[1])} in ${e.after[0]}: it ${GUESSES[right][0]}.`),
      el("figure", {}, lineChart(e.months, [{ values: e.values, color: "#222" }], `${e.series} around the event`), el("figcaption", {}, `Observed ${e.series}, people from: ${e.who.join(", ")}`)));
  };
  return [
    el("h1", {}, "Guess, then see"), el("p", { class: "soft" }, `Natural experiment ${n} of ${DATA.experiments.length}: a dated change of policy and what the record shows.`),
    el("h2", {}, e.title), el("p", {}, `${e.series.charAt(0).toUpperCase() + e.series.slice(1)}, people from: ${e.who.join(", ")}. There were ${whole(e.before[1])} in ${e.before[0]}. What happened by ${e.after[0]}?`),
    el("fieldset", {}, el("legend", {}, "Your guess"), GUESSES.map(([text], i) => el("label", {}, el("input", { type: "radio", name: "guess", value: String(i) }), " " + text))),
    el("p", {}, el("button", { type: "button", onclick: see }, "See"), " ", el("a", { href: "#guess/" + (n % DATA.experiments.length + 1) }, "Next one")), answer];
}

function read() {
  const part = (title, ...text) => [el("h2", {}, title), text.map((t) => el("p", {}, t))];
  return [el("h1", {}, "How to read this"),
    part("What this is", "ladsim simulates migration through the Americas one person at a time: people decide whether to leave, by which way, what to do at each place, and whether to cross or wait. Policies are dated, sourced data. A scenario changes some of them."),
    part("What a lever is", "A lever is a term of a policy that can be moved: how many places a program has, how many people are removed a day, which nationalities need a visa. Each card says who promised it, when it acted, where its numbers come from, and how sure they are: documented, derived, or assumed."),
    part("Pairing", "Scenario and reference have the same potential migrants and the same chance. They differ only where the policy made them differ, so a difference is far more precise than either number alone."),
    part("Events are not persons", "An encounter is an event. Somebody who is sent back and tries again is encountered twice. That is why these pages also follow persons: each has one fate in each world."),
    part("How sure", "Intervals are 90 percent intervals over replicates, each with its own chance and one of the fitted parameter sets. They do not cover that the model itself may be wrong. Where an interval includes zero, the page says that the effect cannot be told from none.", "Where people cross (sector, field office) is not reproduced well enough to be used. The validation page of the documentation says where else the model misses the record."),
    part("What it must not be used for", "It says nothing about whether a person has a right to protection and must not be used to judge individuals. Its results are scenarios under stated policies, not forecasts."),
    part("Ten minutes", "1. Open a scenario and read its question. 2. Look at the five numbers: which can be told from no change? 3. Follow the flows: who fares otherwise, instead of what? 4. Open the lever behind it: who promised it? 5. Try the quiz.")];
}

const PAGES = { scenarios, levers, guess, read };
function show() {
  let [page, which] = decodeURIComponent((location.hash || "#scenarios").slice(1)).split("/", 2);
  if (!PAGES[page]) page = "scenarios";
  document.querySelectorAll("nav a").forEach((a) => (a.dataset.page === page ? a.setAttribute("aria-current", "page") : a.removeAttribute("aria-current")));
  main.replaceChildren(...[PAGES[page](which ? which.slice(0, 4000) : "")].flat(9).filter((x) => x !== null && x !== undefined));
  document.title = `${main.querySelector("h1").textContent} | ladsim atlas`;
}
function safely() {
  try { show(); } catch (error) { location.hash = "scenarios"; main.replaceChildren(el("p", { class: "note" }, "This address cannot be shown. "), el("p", {}, el("a", { href: "#scenarios" }, "To the scenarios"))); }
}
window.addEventListener("hashchange", () => { safely(); main.focus({ preventScroll: true }); window.scrollTo(0, 0); });
document.getElementById("made").textContent = `ladsim ${DATA.version}; ${DATA.made.seeds} replicates, ${DATA.made.scale.toLocaleString("en-US")} persons per agent. Nothing is loaded from the network.`;
safely();
