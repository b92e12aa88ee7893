import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Platform

@Suite(.timeLimit(.minutes(hangLimit))) struct DirectoryWatcherTests {
    /// Reads events up to the one that is awaited; after ten seconds, those that came until then.
    private func events(
        of watcher: DirectoryWatcher,
        upTo isLast: @escaping @Sendable (DirectoryEvent) -> Bool
    ) async throws -> [DirectoryEvent] {
        let reading = Task {
            var seen: [DirectoryEvent] = []
            for await event in watcher.events {
                seen.append(event)
                if isLast(event) { break }
            }
            return seen
        }
        let deadline = Task {
            try await Task.sleep(for: .seconds(10))
            reading.cancel()
        }
        defer { deadline.cancel() }
        return await reading.value
    }

    @Test func `it reports what happens to entries`() async throws {
        let folder = try TemporaryFolder()
        let outside = try TemporaryFolder()
        let watcher = try DirectoryWatcher()
        try watcher.watch(folder.url.path)
        let manager = FileManager.default
        try makeFile(folder.path("a"))
        // A child that another test begins may hold the open file for a moment: it is told as written when that lets go.
        var seen = try await events(of: watcher) { $0.kind == .written }
        try manager.moveItem(atPath: folder.path("a"), toPath: folder.path("b"))
        try manager.moveItem(atPath: folder.path("b"), toPath: outside.path("b"))
        try manager.createDirectory(atPath: folder.path("inner"), withIntermediateDirectories: false)
        try manager.removeItem(atPath: folder.path("inner"))
        seen += try await events(of: watcher) { $0.name == "inner" && $0.kind == .deleted }
        #expect(seen.allSatisfy { $0.directory == folder.url.path })
        let told = seen.map { "\($0.kind) \($0.name ?? "")" }
        let expected = [
            "created a", "written a", "movedOut a", "movedIn b", "movedOut b", "created inner", "deleted inner",
        ]
        #expect(told == expected)
    }

    @Test func `it reports when the folder itself is gone`() async throws {
        let folder = try TemporaryFolder()
        let inner = folder.path("inner")
        let watcher = try DirectoryWatcher()
        for change in ["removed", "renamed"] {
            try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false)
            try watcher.watch(inner)
            if change == "removed" {
                try FileManager.default.removeItem(atPath: inner)
            } else {
                try FileManager.default.moveItem(atPath: inner, toPath: folder.path("elsewhere"))
            }
            let seen = try await events(of: watcher) { $0.kind == .directoryGone }
            #expect(seen == [DirectoryEvent(directory: inner, name: nil, kind: .directoryGone)])
        }
        // The renamed folder is not watched under its old name: what comes next is of the new folder there.
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false)
        try watcher.watch(inner)
        try makeFile(folder.path("elsewhere/old"))
        try makeFile("\(inner)/new")
        let seen = try await events(of: watcher) { $0.name != nil }
        #expect(seen == [DirectoryEvent(directory: inner, name: "new", kind: .created)])
    }

    @Test func `a folder that is watched twice reports an event once`() async throws {
        let folder = try TemporaryFolder()
        let other = try TemporaryFolder()
        let watcher = try DirectoryWatcher()
        try watcher.watch(folder.url.path)
        try watcher.watch(folder.url.path)
        try watcher.watch(other.url.path)
        try makeFile(folder.path("first"))
        try makeFile(other.path("last"))
        let seen = try await events(of: watcher) { $0.name == "last" }
        #expect(seen.filter { $0.name == "first" && $0.kind == .created }.count == 1)
    }

    @Test func `a reader that is too slow is asked to look at everything`() async throws {
        let folder = try TemporaryFolder()
        let watcher = try DirectoryWatcher()
        try watcher.watch(folder.url.path)
        // Twice what waits for a reader.
        for number in 0..<4096 {
            try makeFile(folder.path("\(number)"))
        }
        try makeFile(folder.path("last"))
        let seen = try await events(of: watcher) { $0 == .overflow }
        #expect(seen.last?.kind == .overflow)
    }

    @Test func `a full queue of the kernel is an overflow`() {
        // wd -1, IN_Q_OVERFLOW, no cookie, no name; then a name padded with zeros.
        let overflow: [UInt8] = [255, 255, 255, 255, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let created: [UInt8] = [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0x61, 0x62, 0, 0]
        let records = InotifyRecord.all(in: (overflow + created)[...])
        #expect(records.map(\.watch) == [-1, 2])
        #expect(records.map(\.name) == [nil, "ab"])
        #expect(records.map { DirectoryEvent.Kind(mask: $0.mask) } == [.overflow, .created])
    }

    @Test func `a missing folder and a file are refused`() throws {
        let folder = try TemporaryFolder()
        let watcher = try DirectoryWatcher()
        try makeFile(folder.path("file"))
        for (name, code) in [("missing", Errno.noSuchFileOrDirectory), ("file", .notDirectory)] {
            let path = folder.path(name)
            #expect(throws: PlatformError.system(code, call: "inotify_add_watch", path: path)) {
                try watcher.watch(path)
            }
        }
    }

    @Test func `a released watcher gives its descriptor back`() async throws {
        let folder = try TemporaryFolder()
        let number = 40
        for _ in 0..<number {
            try DirectoryWatcher().watch(folder.url.path)
        }
        // Tests beside this one have some open too.
        try await eventually("most are closed") {
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
            let targets = descriptors.map {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
            }
            return targets.count { $0 == "anon_inode:inotify" } < number
        }
    }

    /// Makes an empty file and nothing else, where `FileManager` would make another one first and rename it.
    private func makeFile(_ path: String) throws {
        try FileDescriptor.open(FilePath(path), .writeOnly, options: .create, permissions: .ownerReadWrite).close()
    }
}
