import Foundation

/// The variables that a replica gets before its job's own.
enum BaseEnvironment {
    /// By this variable what a replica started is known again, wherever it hangs: its value is the replica's folder.
    static let marker = "TFJOB_REPLICA_FOLDER"

    static func mark(_ folder: ReplicaFolder) -> String { folder.url.path }

    /// What a program needs to find its way on this machine. Nothing else of the service's own environment is handed on: it may hold secrets.
    private static let inherited: Set = [
        "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE",
        "LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ]

    /// - Parameters:
    ///   - interpreter: its folder comes first on the PATH; where it is of a virtual environment, that is the active one.
    ///   - own: the service's own variables.
    static func variables(
        interpreter: String,
        own: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String: String] {
        var variables = own.filter { inherited.contains($0.key) || $0.key.hasPrefix("LC_") }
        let programs = URL(fileURLWithPath: interpreter).deletingLastPathComponent()
        variables["PATH"] = "\(programs.path):\(own["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")"
        let environment = programs.deletingLastPathComponent()
        if FileManager.default.fileExists(atPath: environment.appendingPathComponent("pyvenv.cfg").path) {
            variables["VIRTUAL_ENV"] = environment.path
        }
        // The other replicas are on this machine. gRPC would look for them at a proxy, 127.0.0.1 or not, and wait for ever:
        // https://github.com/grpc/grpc/blob/master/doc/environment_variables.md
        variables["no_grpc_proxy"] = "127.0.0.1,localhost"
        // A log that is read while the job runs must not wait for a full buffer.
        variables["PYTHONUNBUFFERED"] = "1"
        return variables
    }
}
