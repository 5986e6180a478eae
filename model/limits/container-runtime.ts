/** Timers and bounds of container-runtime. Unit last in the name. */

export const serverStop_ms = 50 // ASSUMED: how long a server takes to leave after SIGTERM when its program does not say
export const recordBytes = 512 // ASSUMED: size of one record of a sandbox, container or image
export const compactionRecords_min = 256 // ASSUMED: the record file is rewritten when it has this many and is 3/4 dead
export const compactionLiveFactor = 4 // same
/** Exit code of a container whose end nobody saw: the machine lost power. containerd unknownExitCode, v2. */
export const unknownExitCode = 255
export const sigkillExitCode = 137 // 128 + SIGKILL
export const sigtermExitCode = 143 // 128 + SIGTERM
