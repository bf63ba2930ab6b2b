// Plain JavaScript: it runs before the installation, on whatever Node the machine has (20.20 or later).

/**
 * What is known of the last installation that ran to its end; written after it, inside node_modules, so
 * that a killed installation, which has emptied node_modules first, leaves none.
 * @typedef {{ lockHash: string, platform: string }} InstallMarker
 */

/**
 * @typedef {object} InstallFacts
 * @property {string} lockHash the hash of package-lock.json as it is now
 * @property {string} platform operating system and processor, `linux-x64`
 * @property {InstallMarker | undefined} marker
 * @property {boolean} hasHiddenLockfile node_modules/.package-lock.json is there; npm writes it last
 * @property {boolean} hasPinnedNode the binary of the `node` package, which only its install script brings
 */

/**
 * Whether to install, and why; the reason completes the sentence "Installing: …".
 * @param {InstallFacts} facts
 * @returns {{ install: false } | { install: true, reason: string }}
 */
export function decideInstall({ lockHash, platform, marker, hasHiddenLockfile, hasPinnedNode }) {
  if (!hasHiddenLockfile) {
    // The marker goes first when npm empties the folder, so the two cases are told apart by luck only.
    return { install: true, reason: "node_modules is missing or was left unfinished" };
  }
  if (marker === undefined) return { install: true, reason: "the last installation did not run to its end" };
  if (marker.platform !== platform) {
    return { install: true, reason: `node_modules was made on ${marker.platform}, this is ${platform}` };
  }
  if (marker.lockHash !== lockHash) {
    return { install: true, reason: "package-lock.json has changed since the last installation" };
  }
  if (!hasPinnedNode) return { install: true, reason: "the pinned Node is missing from node_modules" };
  return { install: false };
}

/**
 * The marker out of its file's text; undefined for a text that is no marker.
 * @param {string} text
 * @returns {InstallMarker | undefined}
 */
export function parseMarker(text) {
  try {
    const { lockHash, platform } = JSON.parse(text);
    return typeof lockHash === "string" && typeof platform === "string" ? { lockHash, platform } : undefined;
  } catch {
    return undefined;
  }
}
