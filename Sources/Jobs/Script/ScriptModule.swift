import Crypto
import Formats

/// The Python module `tfjob`, which every backend puts on `sys.path` of its runs.
public enum ScriptModule {
    /// The name of the file in a folder of `sys.path`.
    public static let fileName = "tfjob.py"

    /// The source text.
    public static let content = PackageResources.tfjob_py

    /// Identifies the content: 16 hexadecimal digits.
    public static let version = String(SHA256.hash(data: content).hexadecimal.prefix(16))
}

/// A folder that a job names for its script.
public struct JobFolder: Hashable, Sendable {
    /// The key of the job file.
    public let key: String
    /// The environment variable that gives the path to the script.
    public let variable: String
    /// The absolute path.
    public let path: String
}

extension Job {
    /// Returns the folders that the job names, with `{run}` and `{replica}` replaced in their paths.
    ///
    /// - Parameters:
    ///   - run: the number of the run.
    ///   - replica: the name of the replica, for example `worker-0`.
    public func folders(run: Int, replica: String) -> [JobFolder] {
        [
            ("checkpointDir", "TFJOB_CHECKPOINT_DIR", checkpointDir), ("eventDir", "TFJOB_EVENT_DIR", eventDir),
            ("modelDir", "TFJOB_MODEL_DIR", modelDir), ("logDir", "TFJOB_LOG_DIR", logDir),
        ].compactMap { key, variable, path in
            path.map { path in
                let path = path.replacing("{run}", with: String(run)).replacing("{replica}", with: replica)
                return JobFolder(key: key, variable: variable, path: path)
            }
        }
    }
}
