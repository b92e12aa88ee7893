import Formats
import Foundation

/// The control groups of the machine, where it has version 2 of them and lets the service make some.
///
///     <service's group>/tfjob-admin-<hash>/supervisors             all supervisors
///     <service's group>/tfjob-admin-<hash>/runs/<run>/<replica>    one for each replica of each attempt
///
/// The group of a run ends everything that its replicas started, also what left its session and its environment, and
/// also when a supervisor is gone: <https://docs.kernel.org/admin-guide/cgroup-v2.html>, `cgroup.kill`. A group with
/// processes can't hand controllers to its children, so supervisors and replicas have separate groups.
struct ControlGroups: Sendable {
    /// What the kernel says of this process.
    struct Tree: Sendable {
        /// The content of `/proc/self/mountinfo`.
        let mounts: String
        /// The content of `/proc/self/cgroup`.
        let own: String

        static var current: Tree? {
            guard let mounts = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8),
                let own = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)
            else { return nil }
            return Tree(mounts: mounts, own: own)
        }
    }

    /// The group below which this service has all its groups.
    let root: URL
    /// The group of the service itself.
    private let service: URL
    /// Whether the groups limit memory and processor time. Otherwise the supervisors watch the memory.
    let hasControllers: Bool

    /// Whether the kernel ends all processes of a group at once: Linux 5.14 or later.
    let canKill: Bool

    /// The name of a group of the service's own, as `DelegateSubgroup=service` of a systemd unit makes it. Only beside it
    /// the groups can have controllers.
    private static let serviceName = "service"

    /// Finds the place for the groups of a service. The first supervisor makes the groups, and the last one removes
    /// them.
    ///
    /// - Parameter folder: the folder of the backend, after which the groups are named.
    /// - Returns: nil if the machine has no version 2, or the service may not make groups.
    init?(of folder: URL, _ tree: Tree? = .current) {
        guard let tree, let mount = Self.mountPoint(tree.mounts),
            let path = tree.own.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })?.dropFirst(3)
        else { return nil }
        let own = URL(fileURLWithPath: "\(mount)\(path)", isDirectory: true)
        let isApart = own.lastPathComponent == Self.serviceName
        let base = isApart ? own.deletingLastPathComponent() : own
        guard FileManager.default.isWritableFile(atPath: base.path) else { return nil }
        root = base.appendingPathComponent(
            "tfjob-admin-\(String(folder.path.utf8.fnv1a, radix: 16))",
            isDirectory: true
        )
        service = own
        // The root of all groups has no such file, so ask a new group.
        let isNew = unsafe mkdir(root.path, 0o755) == 0
        canKill = FileManager.default.fileExists(atPath: root.appendingPathComponent("cgroup.kill").path)
        if isNew {
            unsafe rmdir(root.path)
        }
        hasControllers = (isApart || path == "/") && Self.enableControllers(of: base)
    }

    /// The place of version 2 among the mounts, by the fields of proc_pid_mountinfo(5).
    static func mountPoint(_ mounts: String) -> String? {
        let line = mounts.split(separator: "\n").first { $0.contains(" - cgroup2 ") }
        let fields = line?.split(separator: " ") ?? []
        return fields.count > 4 ? String(fields[4]) : nil
    }

    /// Hands the controllers for processor time and memory to the groups below.
    ///
    /// - Returns: false if there are none, or processes are in the group itself.
    private static func enableControllers(of base: URL) -> Bool {
        func words(_ name: String) -> Set<Substring> {
            let text = try? String(contentsOf: base.appendingPathComponent(name), encoding: .utf8)
            return Set((text ?? "").split(whereSeparator: \.isWhitespace))
        }
        let wanted: Set<Substring> = ["cpu", "memory"]
        guard words("cgroup.controllers").isSuperset(of: wanted) else { return false }
        let control = base.appendingPathComponent("cgroup.subtree_control")
        return words(control.lastPathComponent).isSuperset(of: wanted) || write("+cpu +memory", to: control)
    }

    /// Writes to a file that the kernel made. Another one would not take effect.
    private static func write(_ text: String, to file: URL) -> Bool {
        guard let handle = try? FileHandle(forWritingTo: file) else { return false }
        defer { try? handle.close() }
        return (try? handle.write(contentsOf: Data(text.utf8))) != nil
    }

    /// The groups for one replica of one attempt. Its supervisor makes and removes them.
    func order(for files: ReplicaFolder) -> GroupOrder {
        GroupOrder(
            replica: path(of: files),
            supervisors: root.appendingPathComponent("supervisors").path,
            service: service.path,
            hasControllers: hasControllers
        )
    }

    private var runs: URL { root.appendingPathComponent("runs", isDirectory: true) }

    /// The parts of the path of a replica: cluster, partition, id, run, attempt and replica.
    private func parts(of files: ReplicaFolder) -> [Substring] { files.url.path.split(separator: "/").suffix(6) }

    func path(of files: ReplicaFolder) -> String {
        let parts = parts(of: files)
        return runs.appendingPathComponent(parts.prefix(4).joined(separator: "+"))
            .appendingPathComponent(parts.suffix(2).joined(separator: "+")).path
    }

    /// Kills all processes of a replica whose supervisor is gone, and removes its group.
    func killReplica(_ files: ReplicaFolder) async {
        await killGroup(URL(fileURLWithPath: path(of: files)))
        // The flat group of an earlier version.
        await killGroup(root.appendingPathComponent(parts(of: files).joined(separator: "+")))
        removeEmptyGroups(above: files)
    }

    /// Kills all processes of a run that has no replica left, and removes its group.
    ///
    /// It kills once and does not wait, because the run may start again at any time.
    func killRun(_ folder: RunFolder) {
        let name = folder.url.path.split(separator: "/").suffix(4).joined(separator: "+")
        let group = runs.appendingPathComponent(name)
        if !Self.removeTree(group) {
            _ = Self.write("1", to: group.appendingPathComponent("cgroup.kill"))
        }
        removeEmptyGroups()
    }

    /// Removes the empty groups that a service and its supervisors left when they were killed together.
    func removeLeftovers() {
        _ = Self.removeTree(root)
    }

    private func killGroup(_ group: URL) async {
        for _ in 0..<400 where !Self.removeTree(group) {
            // Linux before 5.14 has no such file.
            guard Self.write("1", to: group.appendingPathComponent("cgroup.kill")) else { return }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Removes a group and those below it.
    ///
    /// - Returns: false if a process is left in one of them.
    private static func removeTree(_ group: URL) -> Bool {
        if unsafe rmdir(group.path) == 0 { return true }
        guard errno == EBUSY else { return true }
        let keys: [URLResourceKey] = [.isDirectoryKey]
        let inner = (try? FileManager.default.contentsOfDirectory(at: group, includingPropertiesForKeys: keys)) ?? []
        for url in inner where (try? url.resourceValues(forKeys: Set(keys)))?.isDirectory == true {
            _ = removeTree(url)
        }
        return unsafe rmdir(group.path) == 0 || errno != EBUSY
    }

    /// Removes the groups that have no process and no group. The kernel refuses to remove the others.
    func removeEmptyGroups(above files: ReplicaFolder? = nil) {
        var groups = [root.appendingPathComponent("supervisors"), runs, root]
        if let files {
            groups.insert(URL(fileURLWithPath: path(of: files)).deletingLastPathComponent(), at: 0)
        }
        for group in groups {
            unsafe rmdir(group.path)
        }
    }
}

/// The control groups of a replica in its order.
struct GroupOrder: Codable, Sendable {
    let replica: String
    let supervisors: String
    /// The group of the service, to which the last supervisor returns before it ends.
    let service: String
    let hasControllers: Bool
}
