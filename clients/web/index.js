/* SPDX-License-Identifier: Apache-2.0 */
// For sites that are built by npm: adds the banner's script to the page. The tag of the README does the same, earlier.

// `address`: that of banner.js. Settings are the tag's: {button: 'none'} is data-button="none". Resolves to window.akkoord.
export function load(address, settings = {}) {
    if (window.akkoord) return Promise.resolve(window.akkoord);
    return new Promise((resolve, reject) => {
        const script = document.createElement('script');
        Object.assign(script.dataset, settings);
        script.onload = () => resolve(window.akkoord);
        script.onerror = () => reject(new Error(`${address} cannot be loaded`));
        script.src = address;
        document.head.append(script);
    });
}
