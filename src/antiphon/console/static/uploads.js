// Files sent to the API, with how far that is: a request that tells of its progress, which `fetch` doesn't.

/** Send a file. `progress` is told how much of it is there, from 0 to 1; `signal` ends it. Gives the file object of the API. */
export function upload(url, file, purpose, progress, signal) {
  const data = new FormData();
  data.append("purpose", purpose);
  data.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("x-csrf-token", document.querySelector("meta[name=csrf]").content);
    request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 1);
    request.onerror = () => reject(new Error("The server can't be reached."));
    request.onabort = () => reject(new DOMException("taken back", "AbortError"));
    request.onload = () => {
      let told = {};
      try { told = JSON.parse(request.responseText); } catch { /* Whatever it is, the status says more. */ }
      if (request.status < 300) resolve(told);
      else reject(new Error(told.error?.message ?? `The server said ${request.status}.`));
    };
    signal?.addEventListener("abort", () => request.abort());
    request.send(data);
  });
}
