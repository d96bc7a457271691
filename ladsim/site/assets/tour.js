/* A tour of ten minutes for students: eight stops, each with something to look at. The numbers are those of the atlas. */
"use strict";

function reveal(question, answer) {
  return el("details", {}, el("summary", {}, question), el("p", {}, answer));
}

const tourCase = () => DATA.cases.find((c) => c.name === "no_chnv") || DATA.cases.find((c) => c.kind === "scenario");
const tourLever = () => DATA.levers.find((l) => l.id === "chnv_parole") || DATA.levers[0];

const STOPS = [
  ["A question", () => { const c = tourCase(); return [
    el("p", {}, "Every run answers a question: what would have been different? This is the one that the tour uses."),
    el("p", { class: "question" }, c.question), el("p", {}, `The scenario, "${c.title}", runs from ${c.start} to ${c.end}. It is compared with a reference: ${c.reference.title}.`),
    reveal("Why is a reference needed at all?", "Because many things change from month to month. Only the comparison of two worlds that are alike in everything else shows what the policy did in the model."),
  ]; }],
  ["What is a lever?", () => { const l = tourLever(); return [
    el("p", {}, "A lever is a term of a policy that can be moved: how many places, how many removals a day, from which date. Open the card and find who acts, when, and where each number comes from."), card(l, false),
    reveal("What do documented, derived and assumed mean?", "Documented: the number stands in a source. Derived: it was worked out from figures in a source. Assumed: nobody published it; the card gives a range, and a careful reader tries both ends."),
  ]; }],
  ["Events are not persons", () => [
    el("p", {}, "Border statistics count encounters, and an encounter is an event. Try this one: Ana is put back over the border in March, put back again in April, and released in May. Luis is encountered once, in May."),
    reveal("How many encounters, and how many persons?", "Four encounters, two persons. In May alone there are two encounters of two persons. Counts of persons by month cannot be added up either: Ana would count three times."),
    el("p", {}, "So a policy can change the number of encounters without changing how many people come: if those who are put back try again, encounters rise. That is why these pages follow persons, too."),
  ]],
  ["Pairing", () => { const c = tourCase(), s = c.series.encounters_between_ports; const first = s ? c.months.findIndex((m, i) => s.mean[i] !== s.reference[i]) : -1; return [
    el("p", {}, "Both worlds have the same potential migrants, with the same luck: whoever is robbed on a day in one world is robbed in the other, if still there. So they are alike, person by person, until the policy makes a difference."),
    s ? el("figure", {}, el("h2", {}, "Encounters between ports (events a month)"), lineChart(c.months, [{ values: s.reference, color: "#D55E00" }, { values: s.mean, color: "#0072B2" }], "Encounters between ports under scenario and reference"), el("figcaption", { class: "legend" }, el("span", {}, el("i", { style: "background:#0072B2" }), "scenario"), el("span", {}, el("i", { style: "background:#D55E00" }), "reference"))) : null,
    s ? el("p", {}, first < 0 ? "Here the two never differ." : `Here the first month that differs is ${c.months[first]}; before it the lines are one.`) : null,
    reveal("Why not simply compare two runs with different luck?", "Then the difference would contain the luck of both. With the same luck that part cancels, and a small effect can be seen with few replicates."),
  ]; }],
  ["How sure?", () => { const c = tourCase(); return [
    el("p", {}, `The numbers below are differences to the reference over the whole period, from ${DATA.made.seeds} replicates (pairs of runs with other luck and other fitted parameters); ± is half of a 90 percent interval. Gray ones cannot be told from no change.`), numberCards(c),
    reveal("What does the interval leave out?", "That the model itself may be wrong. It covers chance and the fitted parameters. How far the model misses the record stands on the validation page, and the next stops show it."),
  ]; }],
  ["Who fares differently?", () => [el("p", {}, "Each person has one fate in each world. The bands lead from the fate in the reference to the fate in the scenario. Find the widest one: who are they, and what happens to them instead?"), fatesSection(tourCase())]],
  ["Where it fails", () => { const scored = DATA.experiments.filter((e) => e.model), right = scored.filter((e) => e.model.size_right); return [
    el("p", {}, `A model earns trust where it can be checked. The record has ${DATA.experiments.length} pairs of months around dated changes of policy. Run through history, the model has the right direction in ${scored.filter((e) => e.model.sign_right).length} of ${scored.length}, and about the right size in ${right.length}.`),
    table("Natural experiments: the month before and the month after, in the record and in the model", ["What happened", "Record", "Model", "Verdict"], scored.map((e) => [el("span", {}, e.title, el("br"), el("span", { class: "series" }, e.series)), `${whole(e.before[1])} to ${whole(e.after[1])}`, `${near(e.model.before)} to ${near(e.model.after)}`, verdict(e)])),
    el("p", {}, "Most of these months were among those that the parameters were fitted to, so this is a test of the mechanism, not a forecast."),
  ]; }],
  ["Now you", () => [el("ul", {}, el("li", {}, el("a", { href: "#guess/1" }, "Guess what a policy did"), ", then see what the record and the model say."), el("li", {}, el("a", { href: "#levers" }, "Choose a lever"), " and read what history would have been without it."),
    DATA.live ? el("li", {}, el("a", { href: "#live" }, "Move it yourself"), " and follow one person through both worlds.") : el("li", {}, "On your own machine, ", el("strong", {}, "python -m ladsim explore"), " opens these pages with levers that you can move."), el("li", {}, el("a", { href: "#read" }, "How to read this"), " says what it must not be used for."))]],
];

function tour(which) {
  const n = Math.min(Math.max(parseInt(which || "1", 10) || 1, 1), STOPS.length), [title, content] = STOPS[n - 1];
  const step = (to, text) => (to < 1 || to > STOPS.length ? null : el("a", { class: "button", href: "#tour/" + to }, text));
  return [el("p", { class: "soft" }, `A tour of ten minutes: stop ${n} of ${STOPS.length}`), el("h1", {}, title), content(), el("p", { class: "steps" }, step(n - 1, "Back"), " ", step(n + 1, "Next"))];
}
PAGES.tour = tour;
if (location.hash.startsWith("#tour")) safely();
