/** Ends a command with status 1 and its message on standard error: something that its user can put right. */
export class CommandError extends Error {}
