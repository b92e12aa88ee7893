import Foundation
import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// A container's command, as a process of this machine.
final class PodCommand: Sendable {
    private let description: PodDescription
    private let log: PodLog
    private let state = Mutex<(pid: Int32?, isStopped: Bool)>((nil, false))

    init(_ description: PodDescription, log: PodLog) {
        self.description = description
        self.log = log
    }

    /// Runs the command to its end.
    ///
    /// - Returns: the exit code, 128 + n for signal n, and 127 where there is no such program.
    func run() async -> Int {
        let words = description.command + description.args
        guard let program = words.first else { return 127 }
        var variables = description.environment
        variables["PATH"] = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        variables["PYTHONUNBUFFERED"] = "1"
        let environment = variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        let folder = description.object.spec.containers[0].workingDir.text
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
        ]
        do {
            let result = try await Subprocess.run(
                program.contains("/") ? .path(FilePath(program)) : .name(program),
                arguments: Arguments(Array(words.dropFirst())),
                environment: .custom(Dictionary(uniqueKeysWithValues: environment)),
                workingDirectory: folder.map { FilePath($0) },
                platformOptions: options,
                input: .none,
                output: .sequence,
                error: .combinedWithOutput
            ) { execution in
                let pid = execution.processIdentifier.value
                let isStopped = state.withLock { state in
                    state.pid = pid
                    return state.isStopped
                }
                if isStopped { kill(-pid, SIGKILL) }
                for try await line in execution.standardOutput.strings() {
                    log.append(line.trimmingSuffix(while: \.isNewline))
                }
                state.withLock { $0.pid = nil }
            }
            switch result.terminationStatus {
            case .exited(let code): return Int(code)
            case .signaled(let signal): return 128 + Int(signal)
            }
        } catch {
            log.append("\(error)")
            return 127
        }
    }

    /// Ends the process and all of its group.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            if let pid = state.pid { kill(-pid, SIGKILL) }
        }
    }
}

extension String {
    func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, predicate(last) { text.removeLast() }
        return String(text)
    }
}
