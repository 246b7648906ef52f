// SPDX-License-Identifier: Apache-2.0
// The contract of the service that serves this page, and requests to it. Nothing of anybody else is asked for.
const nothing = () => null;

SwaggerUIBundle({
    url: new URL('openapi.yaml', document.baseURI).href,
    dom_id: '#contract',
    deepLinking: true,
    docExpansion: 'list',
    defaultModelsExpandDepth: -1,
    displayRequestDuration: true,
    filter: true,
    validatorUrl: null,
    plugins: [({React}) => ({
        components: {
            // A link within a button is reached by nobody who has no mouse; the button opens the address too.
            DeepLink: ({text}) => React.createElement('span', null, text),
            // There is one: this one.
            ServersContainer: nothing,
        },
    })],
});

// What Swagger UI leaves unsaid to who hears the page, or has no mouse to scroll with.
const said = {
    'select.examples-select-element': {'aria-label': 'Example'},
    'select.content-type': {'aria-label': 'Media type'},
    'textarea.body-param__text': {'aria-label': 'Request body'},
    'button.json-schema-2020-12-accordion': {'aria-label': 'Show or hide'},
    '.information-container': {role: 'region', 'aria-label': 'About'},
    '.scheme-container': {role: 'region', 'aria-label': 'Authorization'},
    '.filter-container': {role: 'search'},
    'table.responses-table[id]': {'aria-label': table => table.id.replaceAll('_', ' ')},
    'pre': {tabindex: '0'},
};
new MutationObserver(() => {
    for (const [selector, attributes] of Object.entries(said))
        for (const element of document.querySelectorAll(`#contract ${selector}`))
            for (const [name, value] of Object.entries(attributes))
                if (!element.hasAttribute(name))
                    element.setAttribute(name, typeof value === 'function' ? value(element) : value);
}).observe(document.getElementById('contract'), {childList: true, subtree: true});
