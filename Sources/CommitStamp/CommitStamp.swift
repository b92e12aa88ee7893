import Foundation
import PackagePlugin

/// Writes the commit that is built into a source file, so that a running service can say what it is.
@main
struct CommitStamp: BuildToolPlugin {
    /// The file is written only where it changes, so that a build of the same commit compiles nothing again.
    private static let script = """
        commit=$(git -C "$1" rev-parse HEAD 2>/dev/null || echo unknown)
        text="/// The commit that was built, or \\`unknown\\` outside a git repository.
        let builtCommit = \\"$commit\\""
        mkdir -p "$2"
        [ "$(cat "$2/BuiltCommit.swift" 2>/dev/null)" = "$text" ] || printf '%s\\n' "$text" >"$2/BuiltCommit.swift"
        """

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let output = context.pluginWorkDirectoryURL.appending(path: "Generated")
        return [
            .prebuildCommand(
                displayName: "Stamp the commit",
                executable: URL(fileURLWithPath: "/bin/sh"),
                arguments: ["-c", Self.script, "sh", context.package.directoryURL.path, output.path],
                outputFilesDirectory: output
            )
        ]
    }
}
