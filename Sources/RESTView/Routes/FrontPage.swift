import Foundation
import Hummingbird

/// The page at `/`: what the service is, and its routes. It loads nothing and runs no scripts.
struct FrontPage {
    let html: String

    /// The links are relative, because a proxy may publish the service below a path of its own.
    init(_ build: BuildInformation) {
        html = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>tfjob-admin</title>
            </head>
            <body>
            <h1>tfjob-admin \(Self.escaped(build.version))</h1>
            <p>It keeps distributed TensorFlow jobs as the files of a git repository say, and shows here what became of them.
            Everything here is read-only: to change a job, change
            <code>clusters/&lt;cid&gt;/partitions/&lt;partition&gt;/&lt;id&gt;.json</code> and <code>git push</code>.</p>
            <ul>
            \(Route.table.compactMap(Self.item).joined(separator: "\n"))
            </ul>
            </body>
            </html>

            """
    }

    /// A line about a route; nil for a route that the page does not show.
    private static func item(_ route: Route) -> String? {
        guard let help = route.help else { return nil }
        let path = escaped(route.template.replacing("{", with: "<").replacing("}", with: ">"))
        guard !route.template.contains("{") else { return "<li>\(path): \(help)</li>" }
        return "<li><a href=\"\(route.template.dropFirst())\">\(path)</a>: \(help)</li>"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}

extension Response {
    /// An answer with a page.
    init(page: FrontPage) {
        self.init(document: Data(page.html.utf8), type: "text/html; charset=utf-8")
        headers[.contentSecurityPolicy] =
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }
}
