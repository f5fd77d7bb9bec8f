/** The server's messages, shown so that all of a long one can be read. */

import * as vscode from "vscode";
import { MessageType, type ShowMessageParams } from "vscode-languageclient/node";

/** Characters that fit into one line of a notification; VS Code cuts the rest unless there is a button. */
const LINE = 55;

/** Show a message of the server's. */
export function showMessage({ type, message }: ShowMessageParams): void {
  const buttons = message.length > LINE ? ["Close"] : [];
  if (type === MessageType.Error) {
    void vscode.window.showErrorMessage(message, ...buttons);
  } else if (type === MessageType.Warning) {
    void vscode.window.showWarningMessage(message, ...buttons);
  } else {
    void vscode.window.showInformationMessage(message, ...buttons);
  }
}
