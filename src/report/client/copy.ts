// Buttons that copy a text of the page. From a file there may be no clipboard: the text is selected then, for Ctrl-C.
export function startCopying(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.copy")) {
    const target = document.getElementById(button.dataset.copies ?? "");
    if (target === null) continue;
    const label = button.textContent;
    const say = (text: string) => {
      button.textContent = text;
      setTimeout(() => {
        button.textContent = label;
      }, 2000);
    };
    button.addEventListener("click", () => {
      const select = () => {
        getSelection()?.selectAllChildren(target);
        say("Selected: press Ctrl-C");
      };
      if (navigator.clipboard === undefined) select();
      else navigator.clipboard.writeText(target.textContent ?? "").then(() => say("Copied"), select);
    });
  }
}
