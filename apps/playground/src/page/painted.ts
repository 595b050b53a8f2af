/** After the next frame is on the screen, as far as a page can tell: its callback, and then a task of its own. */
export function painted(then: () => void): void {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      then();
    };
    channel.port2.postMessage(null);
  });
}
