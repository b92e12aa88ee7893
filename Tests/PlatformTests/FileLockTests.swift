import Foundation
import Platform
import SystemPackage
import TestSupport
import Testing

@Suite struct FileLockTests {
    @Test func `a second holder learns who the first is`() throws {
        let folder = try TemporaryFolder()
        let lock = try FileLock.acquire(path: folder.path("lock"), note: "serves the jobs")
        defer { lock.release() }
        let error = #expect(throws: PlatformError.self) {
            try FileLock.acquire(path: folder.path("lock"), note: "another")
        }
        let message = try #require(error).description
        #expect(message.contains("serves the jobs"))
        #expect(message.contains("process \(ProcessInfo.processInfo.processIdentifier),"))
        #expect(message.contains(ProcessInfo.processInfo.hostName))
        #expect(!message.contains("another:"))
    }

    @Test func `what is released can be taken again`() throws {
        let folder = try TemporaryFolder()
        let first = try FileLock.acquire(path: folder.path("lock"), note: "the first, with a longer note")
        first.release()
        first.release()
        let second = try FileLock.acquire(path: folder.path("lock"), note: "second")
        defer { second.release() }
        let line = try String(contentsOfFile: folder.path("lock"), encoding: .utf8)
        #expect(line.hasPrefix("second: process "))
        #expect(line.split(separator: "\n").count == 1)
    }

    @Test func `the end of the last reference releases`() throws {
        let folder = try TemporaryFolder()
        func takeAndForget() throws {
            _ = try FileLock.acquire(path: folder.path("lock"), note: "forgotten")
        }
        try takeAndForget()
        try takeAndForget()
    }

    @Test func `a missing folder is named`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("missing/lock")
        #expect(throws: PlatformError.system(.noSuchFileOrDirectory, call: "open", path: path)) {
            try FileLock.acquire(path: path, note: "")
        }
    }
}
