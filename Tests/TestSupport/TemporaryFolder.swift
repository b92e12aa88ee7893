package import Foundation

/// A folder of one test, removed with all that is in it when the test lets go of it.
package final class TemporaryFolder: Sendable {
    /// Without symbolic links, so that paths compare.
    package let url: URL

    package init() throws {
        let base = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        url = base.appendingPathComponent("tfjob-admin-test-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        guard (try? FileManager.default.removeItem(at: url)) == nil else { return }
        // The folders of a virtual environment are read-only.
        let chmod = Process()
        chmod.executableURL = URL(fileURLWithPath: "/bin/chmod")
        chmod.arguments = ["-R", "u+rwX", url.path]
        guard (try? chmod.run()) != nil else { return }
        chmod.waitUntilExit()
        try? FileManager.default.removeItem(at: url)
    }

    /// A path below the folder.
    package func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}
