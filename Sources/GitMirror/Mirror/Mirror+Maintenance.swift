import Foundation
import Git

/// The result of a maintenance.
public enum Maintenance: Sendable, Equatable {
    /// There was nothing to do.
    case notNeeded
    /// Small packs were joined.
    case joined
    /// Everything was repacked, and old unreachable objects were removed.
    case repacked
}

extension Mirror {
    /// How often packs are joined before a full repack.
    private static let joinLimit = 20

    /// Keeps the mirror small: joins packs if there are more than ``MirrorSettings/packLimit``, and sometimes repacks
    /// everything without the objects that have been unreachable for ``MirrorSettings/pruneGrace``.
    ///
    /// Call it after a fetch, outside the loop: fetches and readers can continue. If there is nothing to do, it only
    /// lists a folder. A second call waits for the first one and returns its result.
    ///
    /// - Throws: ``MirrorError``. The mirror stays valid.
    public func maintain() async throws(MirrorError) -> Maintenance {
        let task: Task<Result<Maintenance, MirrorError>, Never>
        if let maintenance {
            task = maintenance
        } else {
            task = Task {
                do throws(MirrorError) {
                    return .success(try await self.repack())
                } catch {
                    return .failure(error)
                }
            }
            maintenance = task
        }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        if maintenance == task {
            maintenance = nil
        }
        return try result.get()
    }

    private func repack() async throws(MirrorError) -> Maintenance {
        let packs = packCount
        guard !isRebuilding, packs > 0, folder.origin(of: path) == origin else { return .notNeeded }
        let isOld = Date().timeIntervalSince(lastRepack) >= settings.repackInterval.seconds
        guard packs > settings.packLimit || (isOld && packs > 1) else { return .notNeeded }
        var configuration = GitConfiguration()
        // The machine may also run jobs, so use one thread and limit the memory.
        configuration["pack.threads"] = "1"
        configuration["pack.windowMemory"] = "256m"
        configuration["repack.writeBitmaps"] = "false"
        guard isOld || joins >= Self.joinLimit else {
            try await git(["repack", "--quiet", "-d", "--geometric=2"], configuration, in: path, for: .maintenance)
            joins += 1
            return .joined
        }
        let limit = Int(Date().timeIntervalSince1970 - settings.pruneGrace.seconds)
        try await forgetKept(before: limit)
        // The objects of a running fetch are unreachable so far; the age of their pack protects them.
        try await git(
            ["repack", "--quiet", "-d", "--cruft", "--cruft-expiration=@\(limit) +0000"],
            configuration,
            in: path,
            for: .maintenance
        )
        joins = 0
        try folder.setOrigin(origin, of: path)
        return .repacked
    }

    /// Deletes the references of commits that the branch left before a time. For an absent branch, all are kept.
    private func forgetKept(before limit: Int) async throws(MirrorError) {
        guard try await head(in: path) != nil else { return }
        let names = try await git(["for-each-ref", "--format=%(refname)", Self.kept], in: path, for: .maintenance)
        let past = names.split(separator: "\n").filter { name in
            Int(name.dropFirst(Self.kept.count).prefix { $0 != "-" }).map { $0 <= limit } ?? false
        }
        guard !past.isEmpty else { return }
        let input = past.map { "delete \($0)\n" }.joined()
        try await git(["update-ref", "--stdin"], input: input, in: path, for: .maintenance)
    }

    private var packCount: Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/objects/pack")) ?? []
        return names.count { $0.hasSuffix(".pack") }
    }

    /// The time of the last full repack, or of the creation: both write the file `tfjob-admin`.
    private var lastRepack: Date {
        let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/tfjob-admin")
        return attributes?[.modificationDate] as? Date ?? .distantPast
    }
}

extension Duration {
    /// In seconds.
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
