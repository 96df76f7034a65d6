// Our takes among the project's items: each in a bin of ours, with a project item to itself.

import type { FolderItem, Project, ProjectItem, premierepro } from "@adobe/premierepro";
import { seenMedia, type SeenMedia } from "./seen.js";
import { HostRefused, type Media } from "./tables.js";
import { toldPath } from "./telling.js";
import { transact } from "./transaction.js";

const BIN = "Understudy";

/** A take's project item: one of our bin that no clip shows, else imported. Raises: HostRefused (MediaMissing). */
export async function takeItem(
  ppro: premierepro,
  project: Project,
  media: Media,
  inUse: ReadonlySet<string>,
): Promise<SeenMedia> {
  const bin = await ourBin(ppro, project);
  const free = (await takesIn(ppro, bin, media.path)).find((one) => !inUse.has(one.id) && !one.offline);
  if (free) {
    return free;
  }
  const before = new Set((await bin.getItems()).map((item) => item.getId()));
  const { file, numbered } = firstFile(media);
  const imported = await project.importFiles([file], true, ppro.ProjectItem.cast(bin), numbered);
  const made = (await bin.getItems()).find((item) => !before.has(item.getId()));
  if (!imported || !made) {
    throw new HostRefused("MediaMissing", `Premiere could not import ${media.path}; is the file there?`);
  }
  return seenMedia(ppro, made);
}

/** What Premiere is given: a movie, or the first picture of a sequence (name.####.exr). */
export function firstFile(media: Media): { file: string; numbered: boolean } {
  const hashes = /#+/.exec(media.path);
  if (!hashes) {
    return { file: media.path, numbered: false };
  }
  const number = String(media.start ?? 0).padStart(hashes[0].length, "0");
  return { file: media.path.replace(hashes[0], number), numbered: true };
}

async function takesIn(ppro: premierepro, bin: FolderItem, path: string): Promise<SeenMedia[]> {
  const clips = (await bin.getItems()).filter((item) => item.type === ppro.ProjectItem.TYPE_CLIP);
  const seen = await Promise.all(clips.map((item) => seenMedia(ppro, item)));
  return seen.filter((one) => toldPath(one.path).path === path);
}

async function ourBin(ppro: premierepro, project: Project): Promise<FolderItem> {
  const root = await project.getRootItem();
  const found = await binIn(ppro, root);
  if (found) {
    return found;
  }
  transact(project, "Understudy: a bin for takes", () => [root.createBinAction(BIN, false)]);
  const made = await binIn(ppro, root);
  if (!made) {
    throw new HostRefused("Unsupported", "Premiere made no bin for the takes");
  }
  return made;
}

async function binIn(ppro: premierepro, root: FolderItem): Promise<FolderItem | null> {
  const named = (item: ProjectItem) => item.type === ppro.ProjectItem.TYPE_BIN && item.name === BIN;
  const found = (await root.getItems()).find(named);
  return found ? ppro.FolderItem.cast(found) : null;
}
