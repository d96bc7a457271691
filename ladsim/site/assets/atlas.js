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
  for (const child of children.flat()) if (child !== null && child !== undefined) made.append(...(RUNNING.includes(name) && typeof child === "string" ? whole_days(child) : [child]));
  return made;
}

/* A date is not broken at the end of a line. */
const RUNNING = ["p", "li", "figcaption"];
function whole_days(text) {
  return text.split(/(\d{4}-\d\d-\d\d)/).map((part, i) => (i % 2 ? el("span", { class: "day" }, part) : part)).filter(Boolean);
}
const sentence = (text) => (text ? text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?)]$/.test(text) ? "" : ".") : "");

const whole = (v) => (v === null || v === undefined ? "-" : Math.round(v).toLocaleString("en-US"));
const signed = (v) => (v > 0 ? "+" : "") + whole(v);
/* Four digits, as in the tables of the terminal: more would be noise. */
const near = (v) => (v ? whole(Number(Number(v).toPrecision(4))) : whole(v));
const code = (id) => DATA.names[id] || id;
function link(address, text) {
  return /^https?:\/\//.test(address) ? el("a", { href: address, rel: "noreferrer" }, text) : text;
}

function plusMinus(mean, low, high, sign) {
  if (low === null || high === null) return sign ? signed(mean) : whole(mean);
  const half = (high - low) / 2;
  if (!half) return sign ? signed(mean) : whole(mean);
  let step = Math.max(1, Math.pow(10, Math.floor(Math.log10(half)) - 1));
  /* An interval that leaves out zero must not look as if it touched it. */
  while (step > 1 && half < Math.abs(mean) && Math.round(half / step) >= Math.round(Math.abs(mean) / step)) step /= 10;
  const round = (v) => Math.sign(v) * Math.round(Math.abs(v) / step) * step || 0;
  return `${sign ? signed(round(mean)) : whole(round(mean))} ±\u00a0${whole(round(half))}`;
}
const untold = (row) => row.difference_low === null || row.difference_low === row.difference_high || (row.difference_low <= 0 && row.difference_high >= 0);

function table(caption, heads, rows) {
  const counted = (text) => /^[+-]?[\d,.]+( ±\u00a0[\d,.]+)?$|^-$/.test(text);
  const right = heads.map((_, i) => i > 0 && rows.every((r) => counted(r[i])));
  const head = el("tr", {}, heads.map((h, i) => el("th", { scope: "col", class: right[i] ? "n" : "" }, h)));
  const body = rows.map((r) => el("tr", {}, r.map((c, i) => el(i ? "td" : "th", i ? { class: right[i] ? "n" : "" } : { scope: "row", class: /^\d{4}-\d\d(-\d\d)?$/.test(c) ? "day" : "" }, c))));
  const made = el("table", {}, el("caption", { class: "small soft" }, caption), el("thead", {}, head), el("tbody", {}, body));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, made);
}

function numberCards(found) {
  return el("ul", { class: "cards" }, found.numbers.slice(0, 5).map((row) =>
    el("li", {}, el("span", { class: "small" }, `${row.label} (${row.unit})`),
      el("span", { class: "big" + (untold(row) ? " untold" : "") }, ...plusMinus(row.difference, row.difference_low, row.difference_high, true).split(" ±").map((part, i) => (i ? el("span", { class: "margin" }, " ±" + part) : part))),
      el("span", { class: "small soft" }, untold(row) ? `${row.difference ? "cannot be told from no change" : "no difference in these runs"}; reference ${near(row.reference)}` : `${row.percent > 0 ? "+" : ""}${row.percent}% of ${near(row.reference)}`))));
}

function changesTable(found) {
  return table("Totals over the whole period, and the difference to the reference. ± is half of a 90 percent interval over replicates; the reference's own interval is about as wide as the scenario's.",
    ["Measure", "Scenario", "Reference", "Difference"],
    found.numbers.map((r) => [`${r.label} (${r.unit})`, plusMinus(r.mean, 2 * r.mean - r.high, r.high), near(r.reference), plusMinus(r.difference, r.difference_low, r.difference_high, true)]));
}

function fateWords(flows) {
  const used = DATA.fates.filter((f) => flows.some((w) => w.from === f.key || w.to === f.key));
  return el("details", {}, el("summary", { class: "small" }, "What these fates mean"), el("ul", { class: "small" }, used.map((f) => el("li", {}, el("strong", {}, f.label), `: ${f.meaning}`))));
}

function fatesSection(found) {
  if (!found.flows.length) return [el("p", {}, "Nobody fares differently in these runs.")];
  const label = Object.fromEntries(DATA.fates.map((f) => [f.key, f.label]));
  return [
    el("p", { class: "soft" }, "The same persons followed in both worlds; only those who fare differently are shown. Left: under the reference; right: under the scenario. A person's fate is how the last departure ended, or that they stayed."),
    el("figure", {}, flowChart(found.flows, DATA.fates, "Flows of persons between fates; the table below holds the numbers")),
    fateWords(found.flows),
    table("The largest flows, in persons; ± is half of a 90 percent interval over replicates", ["From", "To", "Persons"],
      found.flows.map((f) => [label[f.from], label[f.to], plusMinus(f.mean, 2 * f.mean - f.high, f.high)])),
  ];
}

const CHARTS = [["encounters_between_ports", "Encounters between ports (events a month)", "encounters_between_ports"],
  ["irregular_entries", "Darién crossings (entries a month)", "darien_entries"], ["encounters_at_ports", "Encounters at ports (events a month)", "encounters_at_ports"],
  ["lawful_arrivals", "Lawful arrivals, all programs (persons a month)", null]];

/* With fewer replicates a band says more about their number than about the model. */
const ENOUGH = 4, enough = DATA.made.seeds >= ENOUGH;
const band = (low, high) => (enough ? { low, high } : {});

function charts(found) {
  return CHARTS.filter(([key]) => found.series[key]).map(([key, title, series]) => {
    const s = found.series[key], o = series && DATA.observed[series];
    const real = found.months.map((m) => { const i = o ? o.months.indexOf(m) : -1; return i < 0 ? null : o.values[i]; });
    const lines = [{ values: s.reference, ...band(s.reference_low, s.reference_high), color: "#D55E00" }, { values: s.mean, ...band(s.low, s.high), color: "#0072B2" }, ...(o ? [{ values: real, color: "#222", dashed: true }] : [])];
    return el("figure", {}, el("h3", {}, title), lineChart(found.months, lines, title + (o ? "; observed, reference and scenario" : "; reference and scenario")),
      el("figcaption", { class: "legend" }, el("span", {}, el("i", { style: "background:#0072B2" }), "scenario"), el("span", {}, el("i", { style: "background:#D55E00" }), "reference"), o ? el("span", {}, el("i", { style: "background:#222" }), "observed (dashed)") : null, el("span", { class: "soft" }, enough ? "bands: 90 percent intervals over replicates" : "too few replicates for bands")));
  });
}

function scenarioChoice(name, cases) {
  const option = (s) => el("option", s.name === name ? { value: s.name, selected: "" } : { value: s.name }, s.title);
  const choice = el("select", { id: "scenario", onchange: (e) => { location.hash = "scenarios/" + e.target.value; } },
    el("optgroup", { label: "Computed beforehand" }, cases.map(option)), DATA.others.length ? el("optgroup", { label: "To be run by a command" }, DATA.others.map(option)) : null);
  return el("div", { class: "controls" }, el("div", {}, el("label", { for: "scenario" }, "Scenario"), choice));
}

function notComputed(s, cases) {
  return [
    el("h1", {}, "What if?"), scenarioChoice(s.name, cases), el("h2", {}, s.title), el("p", { class: "question" }, s.question),
    el("p", { class: "soft" }, `${s.start} to ${s.end}, compared with ${s.reference}.`),
    el("p", {}, "This one was not computed beforehand. The command runs it, prints five numbers and writes a report:"), el("code", {}, `python -m ladsim scenario=${s.name}`),
    DATA.live ? el("p", {}, el("a", { href: "#live/" + encodeURIComponent(JSON.stringify({ scenario: s.name, changes: {}, exclude: [] })) }, "Or run it here.")) : null,
  ];
}

function scenarios(name) {
  const cases = DATA.cases.filter((c) => c.kind === "scenario");
  const other = DATA.others.find((s) => s.name === name);
  if (other) return notComputed(other, cases);
  const found = cases.find((c) => c.name === name) || cases.find((c) => c.name === "panama_removal") || cases[0];
  if (name && found.name !== name) return [el("p", { class: "note" }, `There is no scenario called "${name}" here.`), ...scenarios(found.name)];
  return [
    el("h1", {}, "What if?"), scenarioChoice(found.name, cases),
    el("h2", {}, found.title), el("p", { class: "question" }, found.question),
    el("p", { class: "soft" }, `${found.start} to ${found.end}, compared with “${found.reference.title}”.`),
    numberCards(found),
    el("p", { class: "note" }, "Scenarios under stated policies, not forecasts. An encounter is an event: one person can be encountered several times. Intervals cover chance and fitted parameters, not the model's form."),
    el("h2", {}, "Who fares differently, and instead of what"), fatesSection(found),
    found.map ? [el("h2", {}, "Where people pass, year by year"), el("div", { id: "map" }, ...corridorMap(found.map, found.map.periods, "year"))] : null,
    el("h2", {}, "Month by month"), el("div", { class: "charts" }, charts(found)),
    el("h2", {}, "All measures"), changesTable(found),
    el("h2", {}, "Encounters between ports, by nationality"),
    table("The nationalities with the largest differences, in events; ± is half of a 90 percent interval over replicates", ["Nationality", "Scenario", "Reference", "Difference"],
      found.nationalities.map((r) => [code(r.nationality), near(r.scenario), near(r.reference), plusMinus(r.difference, r.low, r.high, true)])),
    el("h2", {}, "Run it yourself"), el("code", {}, `python -m ladsim scenario=${found.name}`),
  ];
}

function termRow(t) {
  const values = t.values.map(([d, v], i) => (i ? `from ${d}: ${v}` : v) + (t.days[i] ? ` (${t.days[i]})` : "")).join("; ");
  return el("li", {}, el("strong", {}, t.name.replace(/_/g, " ")), ` (${t.unit}): ${values} `, el("span", { class: "tag" }, t.known),
    t.range ? el("span", { class: "tag" }, `range ${t.range}`) : null, el("br"), el("span", { class: "soft small" }, `${sentence(t.meaning)} ${sentence(t.note)}`.trim()),
    t.command ? el("details", {}, el("summary", { class: "small" }, "The command that doubles it"), el("code", {}, t.command)) : null);
}

/* What history is without a lever, with it, and with twice as much of it, as far as that was computed before. */
function threeWays(l) {
  const of = (how) => DATA.cases.find((c) => c.kind === "lever" && c.name === l.id && c.how === how), acts = l.status === "in force";
  const switched = of(acts ? "off" : "on"), twice = of("doubled"), known = switched || twice;
  const here = (text, changes, exclude) => el("a", { href: "#live/" + encodeURIComponent(JSON.stringify({ scenario: "history", changes, exclude })) }, text);
  const heads = (known || DATA.cases[0]).numbers.slice(0, 3).map((row) => `${row.label} (${row.unit})`);
  const moved = (c) => (c ? c.numbers.slice(0, 3).map((row) => el("span", {}, near(row.mean) + " ", el("span", { class: "margin" }, `(${plusMinus(row.difference, row.difference_low, row.difference_high, true)})`))) : ["-", "-", "-"]);
  const plain = known ? known.numbers.slice(0, 3).map((row) => near(row.reference)) : ["-", "-", "-"];
  const term = twice ? twice.term.replace(/_/g, " ") : "";
  const rows = [["off", ...(acts ? moved(switched) : plain)], [acts ? "as it is" : "put in as announced", ...(acts ? plain : moved(switched))], [term ? term + " doubled" : "doubled", ...moved(twice)]];
  const caption = known ? `Totals of ${known.start} to ${known.end}, simulated; in brackets the difference to history as simulated, ± half of a 90 percent interval.` : "Not computed beforehand";
  const history = DATA.live && DATA.live.scenarios.find((s) => s.name === "history"), own = history && history.levers.find((x) => x.id === l.id), first = own && own.terms[0];
  const links = own ? el("p", { class: "small" }, "Run it here: ", here("off", {}, [l.id]), first ? [" or ", here(`${first.name.replace(/_/g, " ")} doubled`, { [`instrument.${l.id}.terms.${first.name}`]: first.double }, [])] : null, ".")
    : el("p", { class: "small soft" }, switched && twice ? "For any other value there is a command: under each term, and at the end of the card to switch the lever." : "What was not computed beforehand (-) you can run: the command is under each term, and at the end of the card to switch the lever.");
  return el("div", {}, table(caption, ["Lever", ...heads], rows), links);
}

function card(l, open) {
  const found = DATA.cases.find((c) => c.kind === "lever" && c.name === l.id && c.how !== "doubled");
  const dates = `${l.start} to ${l.end || "open end"}`, force = l.status === "in force" ? `In force ${dates}` : `${l.status.charAt(0).toUpperCase() + l.status.slice(1)} only, from ${dates}: it acts where a scenario puts it in`;
  const made = el("details", open ? { open: "", id: "lever-" + l.id } : { id: "lever-" + l.id },
    el("summary", {}, l.title, " ", el("span", { class: "soft small" }, `${l.kind}, ${dates}`)),
    el("p", {}, el("span", { class: "tag" }, l.status), el("span", { class: "tag" }, l.pillar), l.commitment ? el("span", { class: "tag" }, "commitment of the Declaration") : null, el("span", { class: "tag" }, "evidence: " + l.evidence)),
    el("p", {}, el("strong", {}, "Who acts: "), l.actors.join(", "), l.document ? `; in the Declaration's document of ${l.document}` : ""),
    el("p", {}, el("strong", {}, "When: "), `${force}. `, el("strong", {}, "Dates: "), l.dates.map(([what, day]) => `${what} ${day}`).join("; "), l.told ? `. ${l.told}` : ""),
    l.concerns.map(([what, names]) => el("p", {}, el("strong", {}, what.charAt(0).toUpperCase() + what.slice(1) + ": "), names)),
    el("h3", {}, "Off, as it is, doubled"), threeWays(l),
    l.terms.length ? [el("h3", {}, "Terms"), el("ul", {}, l.terms.map(termRow))] : null,
    l.parts.map((p) => [el("h3", {}, p.title), p.dates.length ? el("p", { class: "soft small" }, p.dates.map(([what, day]) => `${what} ${day}`).join("; ")) : null, el("ul", {}, p.terms.map(termRow)), p.note ? el("p", { class: "soft small" }, p.note) : null]),
    found ? [el("h3", {}, found.how === "off" ? "What history would have been without it" : "What history would have been with it"), numberCards(found), el("h3", {}, "Who would fare differently"), fatesSection(found)] : null,
    el("h3", {}, "Sources"), el("ol", {}, l.references.map((r) => el("li", {}, link(r.address, r.text)))),
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

/* From docs/glossary.md. */
const WORDS = [
  ["encounter", "US authorities meet somebody who entered or asks to enter without a visa: an apprehension or expulsion between ports, an inadmissibility at a port. An event: one person can be encountered several times."],
  ["between ports, at ports", "Between official ports of entry (US Border Patrol, by sector), or at one (Office of Field Operations, by field office)."],
  ["undetected entry", "The model's term for entering between ports without an encounter."],
  ["departure", "Leaving home irregularly, on one of the ways out."],
  ["lawful pathway", "A program by which people can enter lawfully: parole, visas, resettlement, appointments."],
  ["parole", "Permission to enter and stay for a time, given case by case or by a program. It is not a status."],
  ["Title 42", "The public-health order of March 2020 to May 11, 2023, under which people were expelled without a hearing."],
  ["removal", "Being sent by order to one's own country, or to another one that takes the person. Under Title 8 it bars a return for years."],
  ["regularization", "A program that gives legal residence to people already in a country."],
  ["fate", "How a journey ended: each departure has exactly one."],
  ["replicate", "One run of a scenario and its reference with one seed, one fitted parameter set and one draw of the assumed terms."],
  ["persons per agent", "How many persons each simulated person stands for. Counts are multiples of it, so small numbers are rough."],
];
const GUESSES = [["fell to a tenth or less", -Infinity, 0.1], ["fell by half or more", 0.1, 0.5], ["fell by less than half", 0.5, 0.95], ["stayed about the same", 0.95, 1.05], ["rose, up to twice", 1.05, 2], ["more than doubled", 2, Infinity]];

const verdict = (e) => (!e.model.sign_right ? "wrong direction" : e.model.size_right ? "right direction and size" : Math.abs(e.model.log) < Math.abs(e.model.observed_log) ? "right direction, too weak" : "right direction, too strong");
function modelTold(e) {
  if (!e.model) return null;
  return el("p", { id: "model" }, el("strong", {}, "And the model? "), `Run through history, it went from ${whole(e.model.before)} to ${whole(e.model.after)}: ${verdict(e)}.`);
}

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
      el("p", {}, el("strong", {}, parseInt(picked.value, 10) === right ? "Right. " : "Not quite. "), `From ${whole(e.before[1])} in ${e.before[0]} to ${whole(e.after[1])} in ${e.after[0]}: it ${GUESSES[right][0]}.`), modelTold(e) || "",
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
    part("How sure", "Intervals are 90 percent intervals over replicates, each with its own chance and one of the fitted parameter sets. They do not cover that the model itself may be wrong. Where an interval includes zero, the page says that the effect cannot be told from none.", "At which sector or field office people cross is not reproduced well enough to be used; the map grays the sectors that the score finds far off. The tour shows where else the model fails, and the validation page of the documentation says by how much."),
    part("What it must not be used for", "It says nothing about whether a person has a right to protection and must not be used to judge individuals. Its results are scenarios under stated policies, not forecasts."),
    el("h2", {}, "Words"), el("dl", { id: "words" }, WORDS.flatMap(([word, meaning]) => [el("dt", {}, word), el("dd", {}, meaning)])),
    el("h2", {}, "Ten minutes"), el("p", {}, el("a", { href: "#tour" }, "The tour"), " takes you through all this in eight stops; ", el("a", { href: "#guess" }, "the quiz"), " asks what some changes of policy did.")];
}

const PAGES = { scenarios, levers, guess, read };
function show() {
  const place = decodeURIComponent((location.hash || "#scenarios").slice(1)), cut = place.indexOf("/");
  let [page, which] = cut < 0 ? [place, ""] : [place.slice(0, cut), place.slice(cut + 1)];
  if (!PAGES[page]) page = "scenarios";
  main.dataset.page = page;
  document.querySelectorAll("nav a").forEach((a) => (a.dataset.page === page ? a.setAttribute("aria-current", "page") : a.removeAttribute("aria-current")));
  main.replaceChildren(...[PAGES[page](which ? which.slice(0, 4000) : "")].flat(9).filter((x) => x !== null && x !== undefined));
  document.title = `${main.querySelector("h1").textContent} | ladsim atlas`;
}
function safely() {
  try { show(); } catch (error) { location.hash = "scenarios"; main.replaceChildren(el("p", { class: "note" }, "This address cannot be shown. "), el("p", {}, el("a", { href: "#scenarios" }, "To the scenarios"))); }
}
/* A choice on a page leaves the reader where they are; another page begins at its top. */
window.addEventListener("hashchange", () => {
  const before = main.dataset.page, focused = document.activeElement ? document.activeElement.id : "", at = window.scrollY;
  safely();
  const same = focused && focused !== "content" && before === main.dataset.page ? document.getElementById(focused) : null;
  if (same) { same.focus({ preventScroll: true }); window.scrollTo(0, at); } else { main.focus({ preventScroll: true }); window.scrollTo(0, 0); }
});
document.getElementById("made").textContent = `ladsim ${DATA.version}. Atlas of scenarios and levers: ${DATA.made.seeds} replicates, ${DATA.made.scale.toLocaleString("en-US")} persons per agent${DATA.live ? "; what you run yourself says how fine it is" : ""}. Nothing is loaded from the network.`;
safely();
