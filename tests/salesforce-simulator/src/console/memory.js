// What the browser remembers, where it lets a frame of another page remember anything.

export const remembered = (storage, key) => {
  try {
    return window[storage].getItem(key);
  } catch {
    return null;
  }
};

export const remember = (storage, key, value) => {
  try {
    window[storage].setItem(key, value);
  } catch {
    // It is known until the page is left.
  }
};
