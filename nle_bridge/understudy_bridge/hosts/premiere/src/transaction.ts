// Changes to a project: actions, made and executed while Premiere holds the project still.

import type { Action, Project, premierepro } from "@adobe/premierepro";
import type { TrackItemSelection, VideoClipTrackItem, AudioClipTrackItem } from "@adobe/premierepro";
import { HostRefused } from "./tables.js";

/** Carry out some actions as one entry of the Edit menu's Undo. Raises: HostRefused when Premiere does not. */
export function transact(project: Project, title: string, made: () => Action[]): void {
  let done = false;
  project.lockedAccess(() => {
    // Premiere 26.3 refuses actions that were made outside of the lock.
    done = project.executeTransaction((compound) => {
      for (const action of made()) {
        if (!compound.addAction(action)) {
          throw new HostRefused("Unsupported", `Premiere did not take a part of "${title}"`);
        }
      }
    }, title);
  });
  if (!done) {
    throw new HostRefused("Unsupported", `Premiere did not carry out "${title}"; is a track locked?`);
  }
}

/** What removing needs: a selection that is not the artist's own. */
export function selectionOf(
  ppro: premierepro,
  items: readonly (VideoClipTrackItem | AudioClipTrackItem)[],
): TrackItemSelection {
  let made: TrackItemSelection | null = null;
  ppro.TrackItemSelection.createEmptySelection((selection) => {
    made = selection;
  });
  if (made === null) {
    throw new HostRefused("Unsupported", "Premiere made no selection");
  }
  const selection = made as TrackItemSelection;
  for (const item of items) {
    selection.addItem(item, true);
  }
  return selection;
}
