import Foundation
import Git

/// What a maintenance did.
public enum Maintenance: Sendable, Equatable {
    /// There was nothing to do.
    case notNeeded
    /// Small packs were joined.
    case joined
    /// Everything was packed anew, and what is past its grace dropped.
    case repacked
}

extension Mirror {
    /// How often packs are joined before everything is packed anew.
    private static let joinLimit = 20

    /// Keeps the mirror small: joins packs where there are more than ``MirrorSettings/packLimit``, and now and then packs all anew,
    /// without what no branch has led to for ``MirrorSettings/pruneGrace``.
    ///
    /// Call it after a fetch, beside the loop: fetches and readers go on meanwhile. Where nothing is to be done it costs one look at a
    /// folder. A second call waits for the first one's end and has its result.
    ///
    /// - Throws: ``MirrorError``; the mirror is whole all the same.
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
        // The service's machine trains as well: one thread, and a bounded window.
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
        // What a fetch is just bringing in is led to by nothing yet: it has the grace of its pack's age.
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

    /// Lets go of the commits that the branch left longer than the grace ago. An absent branch's are kept until it is back.
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

    /// When all was packed anew, or the mirror made: the file that says what it is a mirror of is written anew each time.
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
