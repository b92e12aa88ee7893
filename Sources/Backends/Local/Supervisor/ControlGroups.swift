import Foundation

/// The control groups of replicas, where the machine has version 2 of them and lets the service make some.
///
/// A group ends everything that a replica started, also what left its session and its environment, and also when its
/// supervisor is gone: <https://docs.kernel.org/admin-guide/cgroup-v2.html>, `cgroup.kill`.
struct ControlGroups: Sendable {
    /// The group of all replicas of this service.
    private let root: URL

    /// Finds the place for the groups of a service. The first supervisor makes the group of the service, and the last
    /// one removes it.
    ///
    /// - Parameters:
    ///   - folder: the folder of the backend, after which the group is named.
    ///   - mounts: the content of `/proc/self/mountinfo`.
    ///   - own: the content of `/proc/self/cgroup`.
    /// - Returns: nil if the machine has no version 2, or the service may not make groups.
    init?(of folder: URL, mounts: String? = nil, own: String? = nil) {
        guard let mounts = mounts ?? (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)),
            let own = own ?? (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)),
            let mount = Self.mountPoint(mounts),
            let path = own.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })?.dropFirst(3)
        else { return nil }
        let hash = folder.path.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        root = URL(fileURLWithPath: "\(mount)\(path)/tfjob-admin-\(String(hash, radix: 16))", isDirectory: true)
        guard FileManager.default.isWritableFile(atPath: root.deletingLastPathComponent().path) else { return nil }
    }

    /// The place of version 2 among the mounts, by the fields of proc_pid_mountinfo(5).
    static func mountPoint(_ mounts: String) -> String? {
        let line = mounts.split(separator: "\n").first { $0.contains(" - cgroup2 ") }
        let fields = line?.split(separator: " ") ?? []
        return fields.count > 4 ? String(fields[4]) : nil
    }

    /// The group of one replica of one attempt. Its supervisor makes and removes it.
    func path(of files: ReplicaFolder) -> String {
        // …/<cluster>/<partition>/<id>/<run>/attempt-<n>/<replica>
        root.appendingPathComponent(files.url.path.split(separator: "/").suffix(6).joined(separator: "+")).path
    }

    /// Kills all processes of a replica whose supervisor is gone, and removes its group.
    func killGroup(of files: ReplicaFolder) async {
        // Fails while other replicas have groups in it.
        defer { unsafe rmdir(root.path) }
        let group = path(of: files)
        // A group below this one, which the job made, stays.
        for _ in 0..<400 where FileManager.default.fileExists(atPath: group) {
            guard unsafe rmdir(group) != 0, errno == EBUSY else { return }
            // Linux before 5.14 has no such file.
            guard (try? Data("1".utf8).write(to: URL(fileURLWithPath: "\(group)/cgroup.kill"))) != nil else { return }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
