"use strict";
// Changes to a project: actions, made and executed while Premiere holds the project still.
Object.defineProperty(exports, "__esModule", { value: true });
exports.transact = transact;
exports.selectionOf = selectionOf;
const tables_js_1 = require("./tables.js");
/** Carry out some actions as one entry of the Edit menu's Undo. Raises: HostRefused when Premiere does not. */
function transact(project, title, made) {
    let done = false;
    project.lockedAccess(() => {
        // Premiere 26.3 refuses actions that were made outside of the lock.
        done = project.executeTransaction((compound) => {
            for (const action of made()) {
                if (!compound.addAction(action)) {
                    throw new tables_js_1.HostRefused("Unsupported", `Premiere did not take a part of "${title}"`);
                }
            }
        }, title);
    });
    if (!done) {
        throw new tables_js_1.HostRefused("Unsupported", `Premiere did not carry out "${title}"; is a track locked?`);
    }
}
/** What removing needs: a selection that is not the artist's own. */
function selectionOf(ppro, items) {
    let made = null;
    ppro.TrackItemSelection.createEmptySelection((selection) => {
        made = selection;
    });
    if (made === null) {
        throw new tables_js_1.HostRefused("Unsupported", "Premiere made no selection");
    }
    const selection = made;
    for (const item of items) {
        selection.addItem(item, true);
    }
    return selection;
}
