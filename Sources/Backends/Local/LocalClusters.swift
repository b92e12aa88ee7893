public import BackendConfiguration
import Foundation
import Yams

extension BackendKind {
    /// Clusters that are this machine. This kind also serves every cluster when none is configured.
    public static let local = BackendKind(
        "local",
        readCluster: { LocalCluster(from: $0, at: $1, with: &$2) },
        openBackends: { try await LocalCluster.openBackend(for: $0, in: $1) }
    )
}

/// What the configuration says about a cluster that is this machine.
public struct LocalCluster: Sendable, Equatable {
    /// Whole GPUs that jobs may use. Default: 0.
    public var gpus: Int

    /// A cluster with so many GPUs.
    public init(gpus: Int = 0) {
        self.gpus = gpus
    }

    /// Keys that a cluster may have and that this version does not honour.
    private static let ignored = ["cpu", "memory"]
    /// Keys that would change what a run may do, so a version that can't honour them refuses them.
    private static let later: Set = ["user", "logs"]

    /// Reads `gpus`. Warns about `cpu` and `memory`, which have no effect yet.
    init(from node: Node, at place: String, with reader: inout SettingsReader) {
        gpus = 0
        let keys = reader.mapping(node, at: place, known: Set(["backend", "gpus"] + Self.ignored), later: Self.later)
        for key in Self.ignored {
            if let node = keys[key] {
                reader.warn(node, "\(place).\(key) has no effect: this version does not limit what jobs use together")
            }
        }
        if let node = keys["gpus"], let text = reader.string(node, at: "\(place).gpus") {
            if let count = text == "auto" ? Self.countGPUs() : Int(text), count >= 0 {
                gpus = count
            } else {
                reader.fault(node, "\(place).gpus: \"\(text)\" is no whole number of GPUs; write 0 or more, or auto")
            }
        }
    }

    /// Opens the one backend of this machine. It serves what runs here also where no cluster is local any more.
    static func openBackend(
        for clusters: [String: LocalCluster],
        in context: BackendContext
    ) async throws -> [OpenBackend] {
        guard let executable = Bundle.main.executablePath else { throw UnknownProgram() }
        let settings = LocalSettings(
            folder: context.stateFolder.appendingPathComponent("local"),
            executable: executable,
            node: ProcessInfo.processInfo.hostName,
            gpus: clusters.mapValues(\.gpus),
            provisionsRuntimes: context.runtimes.provisionsRuntimes,
            interpreters: context.runtimes.interpreters
        )
        let backend = try await LocalBackend.open(settings, logger: context.logger)
        return [OpenBackend(clusters: clusters.keys.sorted(), backend: backend)]
    }

    /// Counts NVIDIA's device files, `/dev/nvidia0` and so on: <https://docs.kernel.org/admin-guide/devices.html>, major 195.
    static func countGPUs(in folder: String = "/dev") -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.count { $0.hasPrefix("nvidia") && Int($0.dropFirst(6)) != nil }
    }

    private struct UnknownProgram: Error, CustomStringConvertible {
        let description = "the path of this program is not known; start it by its full path"
    }
}
