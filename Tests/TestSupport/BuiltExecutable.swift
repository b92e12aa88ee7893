import Foundation

/// The `tfjob-admin` that was built with the tests.
package enum BuiltExecutable {
    /// `TFJOB_ADMIN_EXECUTABLE` if it is set, else the one beside the test bundle.
    package static var path: String {
        if let path = ProcessInfo.processInfo.environment["TFJOB_ADMIN_EXECUTABLE"] {
            return path
        }
        let runner = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return runner.deletingLastPathComponent().appendingPathComponent("tfjob-admin").path
    }
}
