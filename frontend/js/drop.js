// Files may be dropped where the file box is; without this, the box itself takes them.
const KILOBYTE = 1024;

function size(bytes) {
  return bytes < KILOBYTE * KILOBYTE ? `${Math.ceil(bytes / KILOBYTE)} KB` : `${(bytes / KILOBYTE / KILOBYTE).toFixed(1)} MB`;
}

function line(file) {
  const item = document.createElement("li");
  item.textContent = `${file.name} · ${size(file.size)}`;
  return item;
}

export function offerDropping(root) {
  for (const place of root.querySelectorAll("[data-cw-drop]")) {
    const box = place.querySelector("input[type=file]");
    const list = place.querySelector("[data-cw-drop-list]");
    const show = () => list.replaceChildren(...[...box.files].map(line));
    place.querySelector("[data-cw-drop-hint]").hidden = false;
    box.addEventListener("change", show);
    place.addEventListener("dragover", (event) => {
      event.preventDefault();
      place.classList.add("cw-drop--over");
    });
    place.addEventListener("dragleave", () => place.classList.remove("cw-drop--over"));
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.classList.remove("cw-drop--over");
      const together = new DataTransfer();
      const files = box.multiple ? [...box.files, ...event.dataTransfer.files] : [...event.dataTransfer.files].slice(0, 1);
      files.forEach((file) => together.items.add(file));
      box.files = together.files;
      show();
    });
  }
}
