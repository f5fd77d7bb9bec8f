/** Calling a command of the server. */

import type { Connection } from "./connection";

/** Runs a command of the server with one object; rejects with the server's own words. */
export type Call = <Result>(command: string, options?: object) => Promise<Result>;

/** Return what calls the server that runs at that moment. */
export function callOf(connection: Connection): Call {
  return async (command, options = {}) => {
    const client = await connection.client();
    return client.sendRequest("workspace/executeCommand", { command, arguments: [options] });
  };
}
