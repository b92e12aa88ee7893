import Foundation
import Platform
import SystemPackage
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit))) struct DurableFileTests {
    @Test func `a file is replaced as a whole`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("file")
        try DurableFile.write(Array("first and long".utf8), to: path)
        try DurableFile.write(Array("second".utf8), to: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "second")
        try DurableFile.writeUnsynced([], to: path)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["file"])
    }

    @Test func `the mode is the caller's`() throws {
        let folder = try TemporaryFolder()
        func mode(_ name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: folder.path(name))[.posixPermissions] as? Int
        }
        try DurableFile.write([1], to: folder.path("secret"))
        try DurableFile.write([1], to: folder.path("program"), mode: .ownerReadWriteExecute)
        #expect(try mode("secret") == 0o600)
        #expect(try mode("program") == 0o700)
    }

    @Test func `a link is replaced and not followed`() throws {
        let folder = try TemporaryFolder()
        try Data("kept".utf8).write(to: folder.url.appendingPathComponent("target"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link"),
            withDestinationPath: folder.path("target")
        )
        try DurableFile.write(Array("new".utf8), to: folder.path("link"))
        #expect(try String(contentsOfFile: folder.path("target"), encoding: .utf8) == "kept")
        #expect(try String(contentsOfFile: folder.path("link"), encoding: .utf8) == "new")
    }

    @Test func `what cannot be replaced leaves nothing behind`() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("taken/inner"), withIntermediateDirectories: true)
        #expect(throws: PlatformError.self) { try DurableFile.write([1], to: folder.path("taken")) }
        #expect(throws: PlatformError.self) { try DurableFile.write([1], to: folder.path("missing/file")) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["taken"])
    }

    @Test func `a reader never sees a part`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("file")
        let sizes = [1, 1 << 18]
        try DurableFile.writeUnsynced(Array(repeating: 7, count: sizes[0]), to: path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for turn in 1...200 {
                    try DurableFile.writeUnsynced(Array(repeating: 7, count: sizes[turn % 2]), to: path)
                }
            }
            group.addTask {
                for _ in 1...200 {
                    let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
                    #expect(sizes.contains(size))
                }
            }
            try await group.waitForAll()
        }
    }
}
