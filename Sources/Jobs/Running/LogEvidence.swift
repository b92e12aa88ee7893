/// Finds in the end of a log why its process failed.
public enum LogEvidence {
    /// The longest line that is shown, in characters.
    public static let longestLine = 300

    /// Describes the cause of a failure: the last error line of a log, and the cure if the cause is known.
    ///
    /// - Parameters:
    ///   - log: the end of the log.
    ///   - job: the job whose secrets are masked.
    /// - Returns: an empty text if the log has no error line.
    public static func describe(_ log: String, of job: Job) -> String {
        guard let error = Error(in: log) else { return "" }
        let shown = shorten(Job.maskSecrets(of: [job], in: error.line))
        return FailureCause.known.first { $0.explains(error) }.map { "\(shown) (\($0.cure(error.line)))" } ?? shown
    }

    /// Returns the last line of a log that is not empty, with masked secrets.
    public static func lastLine(of log: String, _ job: Job) -> String {
        let line = log.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) } ?? ""
        return shorten(Job.maskSecrets(of: [job], in: String(line)))
    }

    private static func shorten(_ line: String) -> String {
        line.count > longestLine ? line.prefix(longestLine - 1) + "…" : line
    }

    /// An error that a process printed.
    struct Error {
        /// The first line of its message.
        let line: String
        /// The message with all its lines. It ends with the log.
        let message: String
        /// The traceback before the message; empty if there is none.
        let traceback: String

        /// Finds the exception of the last traceback, or without a traceback the last line that reads like an error.
        init?(in log: String) {
            let lines = log.split(whereSeparator: \.isNewline)
            let start = lines.lastIndex { $0.hasPrefix("Traceback (most recent call last):") }
            if let start, let end = lines[(start + 1)...].firstIndex(where: { $0.first?.isWhitespace == false }) {
                line = Self.trimmed(lines[end])
                message = lines[end...].joined(separator: "\n")
                traceback = lines[start..<end].joined(separator: "\n")
            } else if let last = lines.last(where: Self.readsLikeError) {
                line = Self.trimmed(last)
                message = line
                traceback = ""
            } else {
                return nil
            }
        }

        private static let words = [
            "error:", "error ", "exception", "fatal", "no module named", "can't open", "cannot ", "not found", "denied",
            "failed",
        ]

        /// The notes and warnings of TensorFlow's libraries often contain such words: `I0000 00:00:1796039615.129658 …`,
        /// `2026-11-30 11:53:35.129658: W tensorflow/…`.
        private static func readsLikeError(_ line: Substring) -> Bool {
            let isNote = line.firstMatch(of: /^[IW]\d{4} |: [IW] |WARNING|Warning:/) != nil
            let lower = line.lowercased()
            return !isNote && words.contains { lower.contains($0) }
        }

        private static func trimmed(_ line: Substring) -> String {
            String(line.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
        }
    }
}

/// A known cause of failures.
struct FailureCause: Sendable {
    /// The message has one of these texts.
    let signs: [String]
    /// The traceback has this text. Nil: any traceback.
    var place: String?
    /// What to do. `%` stands for the name in single quotes of the error line.
    let advice: String

    func explains(_ error: LogEvidence.Error) -> Bool {
        signs.contains { error.message.contains($0) } && place.map(error.traceback.contains) ?? true
    }

    func cure(_ line: String) -> String {
        let parts = line.split(separator: "'", omittingEmptySubsequences: false)
        // A module without its submodules.
        let name = parts.count > 2 ? String(parts[1].prefix { $0 != "." }) : "the module"
        return advice.replacing("%", with: name)
    }

    /// The known causes. The first that explains an error is shown.
    static let known = [
        FailureCause(
            signs: ["TBNotInstalledError", "No module named 'tensorboard"],
            advice: "tf.summary needs TensorBoard, which TensorFlow 2.21 does not install: "
                + "add tensorboard to requirements.txt"
        ),
        FailureCause(
            signs: ["No module named 'tensorflow'"],
            advice: "the job asks for Python alone: write the version in runtime, for example "
                + "Python_3.11+Tensorflow_2.21.0"
        ),
        FailureCause(
            signs: ["No module named"],
            advice: "the runtime does not have %: add the package that provides it to requirements.txt"
        ),
        FailureCause(
            signs: ["PerReplica", "ClusterCoordinator.create_per_worker_dataset"],
            place: "/keras/src/",
            advice: "Keras 3 can't fit under MultiWorkerMirroredStrategy or ParameterServerStrategy: "
                + "use tf_keras of the same version with TF_USE_LEGACY_KERAS=1"
        ),
        FailureCause(
            signs: ["Address already in use", "Could not start gRPC server"],
            advice: "another process uses the port"
        ),
        FailureCause(
            signs: ["No space left on device", "Disk quota exceeded"],
            advice: "the disk is full: remove old checkpoints and logs, or give the job folders on another disk"
        ),
        FailureCause(
            signs: ["can't start new thread", "pthread_create() failed", "BlockingIOError: [Errno 11]"],
            advice:
                "the machine or the user has as many processes and threads as it may: run fewer replicas at a time, "
                + "or raise maxProcesses of the cluster"
        ),
        FailureCause(
            signs: ["no CUDA-capable device is detected", "Supported device types [CPU]"],
            advice: "the replica has no GPU: ask for one in resource.gpu, on a cluster that has GPUs"
        ),
    ]
}
