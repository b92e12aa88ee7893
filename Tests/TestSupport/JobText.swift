import Foundation

/// The text of a job file that runs a Python script, with keys to set or to leave out.
package struct JobText: Sendable {
    package var description = "A test"
    package var args: [String] = []
    package var workdir: String? = "code"
    package var bootfile = "job.py"
    /// The runtime; by default plain Python.
    package var runtime = "Python_\(PythonVersion.current)"
    /// How many replicas of each type, in order.
    package var replicas: [(type: String, count: Int)] = [("worker", 1)]
    /// Of each replica.
    package var memory = "64Mi"
    /// Of all of them; nil is left out.
    package var restartPolicy: String?
    /// Further members, each as it stands in the file.
    package var more: [String] = []

    package init() {}

    /// A change of a copy.
    package func with(_ change: (inout JobText) -> Void) -> JobText {
        var copy = self
        change(&copy)
        return copy
    }

    /// The canonical form.
    package var text: String {
        let policy = restartPolicy.map { #""restartPolicy": "\#($0)", "# } ?? ""
        let groups = replicas.map { type, count in
            #"{"type": "\#(type)", "count": "\#(count)", \#(policy)"resource": {"cpu": "0.100", "memory": "\#(memory)", "gpu": "0"}}"#
        }
        let members =
            [
                #""description": "\#(description)""#,
                #""runtime": "\#(runtime)""#,
                #""bootfile": "\#(bootfile)""#,
                #""args": [\#(args.map { "\"\($0)\"" }.joined(separator: ", "))]"#,
                #""replicas": [\#(groups.joined(separator: ", "))]"#,
            ] + (workdir.map { [#""workdir": "\#($0)""#] } ?? []) + more
        return "{\n  " + members.joined(separator: ",\n  ") + "\n}\n"
    }
}

/// The Python that this machine has: `python3` on the `PATH`.
package enum PythonVersion {
    /// The version, for example `3.11`.
    package static let current = answer("'%d.%d' % sys.version_info[:2]") ?? "3"
    /// The path of the program.
    package static let path = answer("sys.executable") ?? "python3"

    private static func answer(_ expression: String) -> String? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", "import sys; print(\(expression), end='')"]
        process.standardOutput = output
        guard (try? process.run()) != nil else { return nil }
        return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }
}
