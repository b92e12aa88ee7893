import Foundation
import Hummingbird

/// The page at `/`: what runs here, and where to look. It loads nothing and runs nothing.
struct FrontPage {
    let html: String

    /// Its links are relative: a proxy may show the service below a path of its own.
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
            <li><a href="api/v1alpha1/clusters">/api/v1alpha1/clusters</a>: the clusters, and how many jobs are in which phase</li>
            <li>/api/v1alpha1/clusters/&lt;cid&gt;/partitions: the same of a cluster's partitions</li>
            <li>/api/v1alpha1/clusters/&lt;cid&gt;/partitions/&lt;partition&gt;/tfjobs: the jobs of a partition</li>
            <li>/api/v1alpha1/clusters/&lt;cid&gt;/partitions/&lt;partition&gt;/tfjobs/&lt;id&gt;: one job</li>
            <li>/api/v1alpha1/clusters/&lt;cid&gt;/partitions/&lt;partition&gt;/tfjobs/&lt;id&gt;/history: what happened to it</li>
            <li>/api/v1alpha1/clusters/&lt;cid&gt;/partitions/&lt;partition&gt;/tfjobs/&lt;id&gt;/logs: what its replicas printed</li>
            <li>/api/v1alpha1/commits/&lt;sha&gt;: what became of a commit</li>
            <li><a href="api/ping">/api/ping</a>: how the service fares</li>
            <li><a href="openapi.json">/openapi.json</a>: all of this, for programs</li>
            <li><a href="metrics">/metrics</a>: counts, for Prometheus</li>
            <li><a href="api/version">/api/version</a>: what it was built of</li>
            </ul>
            </body>
            </html>

            """
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
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
