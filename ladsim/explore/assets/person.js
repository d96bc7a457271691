/* One person through both worlds: the same person and the same chance, a table of dated events. */
"use strict";

function personSection(told, state) {
  const box = el("div", { id: "person" }, el("p", { class: "soft" }, "Fetching journeys."));
  const journey = (one) => {
    const worlds = [one.reference, one.scenario].map((w) => w.map((x) => x.date + x.text));
    let same = 0;
    while (same < worlds[0].length && worlds[0][same] === worlds[1][same]) same += 1;
    const rows = one.reference.slice(0, same).map((x) => [x.date, x.text, x.text]);
    const rest = [one.reference.slice(same), one.scenario.slice(same)], dates = [...new Set(rest.flat().map((x) => x.date))].sort();
    for (const date of dates) rows.push([date, ...rest.map((w) => w.filter((x) => x.date === date).map((x) => x.text).join(" "))]);
    const parted = dates.length ? `From ${dates[0]} on, the two worlds differ for this person.` : "Nothing differs for this person.";
    return [el("p", {}, `Reference: ${one.reference_fate}. Scenario: ${one.scenario_fate}. ${parted}`), table("Under the reference and under the scenario", ["Date", "Reference", "Scenario"], rows)];
  };
  const fill = (people) => {
    const shown = el("div", {}), label = (p, i) => `${i + 1}. ${p.nationality}: ${p.reference_fate}` + (p.reference_fate === p.scenario_fate ? " in both" : ` under the reference, ${p.scenario_fate.toLowerCase()} under the scenario`);
    const choice = el("select", { id: "who" }, people.map((p, i) => el("option", { value: p.person }, label(p, i))));
    const draw = () => shown.replaceChildren(...journey(people.find((p) => p.person === choice.value)));
    choice.addEventListener("change", () => { history.replaceState(null, "", "#" + addressOf({ ...stateOf(decodeURIComponent(location.hash.slice(6)))[0], person: choice.value })); draw(); });
    const wanted = people.some((p) => p.person === state.person);
    if (wanted) choice.value = state.person;
    draw();
    box.replaceChildren(el("p", { class: "soft" }, "Simulated people of the first, coarse answer; none of them exists. Each is followed twice with the same wish, means and chance, so that their paths differ only where a policy, or what others did because of it, changed something."),
      state.person && !wanted ? el("p", { class: "note" }, "The person of the address is not among those of this run; here is another.") : "", el("div", { class: "controls" }, el("div", {}, el("label", { for: "who" }, "Person"), choice)), shown);
  };
  call(`/api/runs/${told.id}/people`).then((answer) => (answer.people.length ? fill(answer.people) : box.replaceChildren(el("p", { class: "soft" }, "Nobody left home in this run."))), (error) => box.replaceChildren(el("p", { class: "soft" }, error.message)));
  return box;
}
