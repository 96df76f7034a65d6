// Where the daemon keeps bridge.json. UXP tells no environment variables, so another place is typed in by hand.

export function stateFolder(platform: string, home: string): string {
  const plain = home.replace(/\\/g, "/").replace(/\/$/, "");
  return platform === "win32" ? `${plain}/AppData/Local/understudy` : `${plain}/.local/state/understudy`;
}

/** "C:\show" -> "file:/C:/show"; UXP reads files of the disk by such an address. */
export function fileUrl(path: string): string {
  const plain = path.replace(/\\/g, "/");
  return `file:/${plain.replace(/^\/+/, "")}`;
}
