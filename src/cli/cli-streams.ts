/** What a command may talk to. Tests give their own. */
export interface CliStreams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** The command line as typed, for command_history. */
  readonly command: string;
  /** Aborted with an `Interrupted` when the user or the system asks to stop. */
  readonly signal?: AbortSignal | undefined;
}
