"use strict";
// The panel's page, in plain elements; texts from outside are only ever texts.
Object.defineProperty(exports, "__esModule", { value: true });
exports.draw = draw;
exports.words = words;
function draw(root, panel, state) {
    const parts = [connection(state), presetChoice(panel, state), message(state)];
    parts.push(...state.sendings.map((one) => card(panel, state, one)));
    root.replaceChildren(...parts);
}
function make(tag, className, text = "") {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
}
function button(text, isBusy, press) {
    const made = document.createElement("button");
    made.textContent = text;
    if (isBusy)
        made.setAttribute("disabled", "");
    made.addEventListener("click", () => void press());
    return made;
}
function connection(state) {
    const made = make("div", state.hello ? "connection" : "connection away", state.connection);
    for (const person of state.people.filter((one) => one.state !== "agreed")) {
        made.append(make("div", "warning", `${person.name}: ${person.message || person.state}`));
    }
    return made;
}
function presetChoice(panel, state) {
    const made = make("div", "row");
    const choice = document.createElement("select");
    for (const preset of state.presets) {
        const option = document.createElement("option");
        option.value = preset.name;
        option.textContent = preset.name;
        if (preset.name === state.preset)
            option.setAttribute("selected", "");
        choice.append(option);
    }
    choice.addEventListener("change", () => panel.choosePreset(choice.value));
    const chosen = state.presets.find((one) => one.name === state.preset);
    const send = button("Send selected", state.busy || !chosen?.ready, () => panel.send());
    made.append(choice, send);
    if (chosen && !chosen.ready)
        made.append(make("div", "warning", chosen.message));
    return made;
}
function message(state) {
    const made = make("div", "message");
    for (const line of state.message.split("\n").filter(Boolean))
        made.append(make("div", "", line));
    return made;
}
function card(panel, state, sending) {
    const made = make("div", "card");
    const picture = state.pictures.get(sending.id);
    if (picture) {
        const shown = document.createElement("img");
        shown.src = picture;
        made.append(shown);
    }
    made.append(make("div", "name", sending.name), make("div", "state", words(sending)));
    if (sending.progress && sending.state === "running")
        made.append(bar(sending.progress));
    if (sending.error)
        made.append(make("div", "warning", sending.error.message));
    const row = make("div", "row");
    row.append(...buttons(panel, state.busy, sending));
    made.append(row);
    return made;
}
/** "convert, 40 of 96, 2 min left" */
function words(sending) {
    if (sending.state !== "running" || !sending.progress) {
        return sending.state === "running" ? sending.stage : sending.state;
    }
    const { done, total, left_s: left } = sending.progress;
    const counted = total > 0 ? `, ${done} of ${total}` : "";
    if (left === null || left === undefined)
        return `${sending.stage}${counted}`;
    return `${sending.stage}${counted}, ${left < 90 ? `${Math.ceil(left)} s` : `${Math.ceil(left / 60)} min`} left`;
}
function bar(progress) {
    const made = make("div", "bar");
    const filled = make("div", "filled");
    filled.style.width = `${progress.total > 0 ? Math.round((100 * progress.done) / progress.total) : 0}%`;
    made.append(filled);
    return made;
}
function buttons(panel, isBusy, sending) {
    const made = [];
    const lies = sending.placed[0]?.version;
    for (const version of sending.versions)
        made.push(...versionButton(panel, isBusy, sending, version, lies));
    if (lies !== undefined) {
        made.push(button("Remove", isBusy, () => panel.place(sending, { remove: true })));
    }
    if (sending.state === "waiting" || sending.state === "running") {
        made.push(button("Cancel", isBusy, () => panel.act(sending, "cancel")));
    }
    if (sending.state === "failed" || sending.state === "cancelled") {
        made.push(button("Try again", isBusy, () => panel.act(sending, "retry")));
    }
    if (sending.state === "finished") {
        made.push(button("Render again", isBusy, () => panel.act(sending, "render")));
    }
    made.push(button("Review room", isBusy, () => panel.openRoom(sending)));
    made.push(button("Go to", isBusy, () => panel.goTo(sending)));
    return made;
}
function versionButton(panel, isBusy, sending, version, lies) {
    const name = `v${String(version.version).padStart(3, "0")}`;
    if (version.version === lies)
        return [make("span", "lies", `${name} lies there`)];
    if (version.state === "delivered") {
        const text = lies === undefined ? `Place ${name}` : `Change to ${name}`;
        return [button(text, isBusy, () => panel.place(sending, { version: version.version }))];
    }
    if (version.state === "rendered") {
        return [button(`Deliver ${name}`, isBusy, () => panel.fetchVersion(sending, version.version))];
    }
    return [];
}
