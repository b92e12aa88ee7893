import Foundation
import Git
import TestSupport
import Testing

@Suite
struct ExportTests {
    private func scene() async throws -> (TemporaryFolder, JobsRepository) {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("print(1)\n", to: "code/mnist/train.py")
        try repository.write("#!/bin/sh\n", to: "code/run.sh")
        try repository.write("{}", to: "clusters/a.json")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755],
            ofItemAtPath: repository.clone + "/code/run.sh"
        )
        try FileManager.default.createSymbolicLink(
            atPath: repository.clone + "/code/link",
            withDestinationPath: "mnist/train.py"
        )
        return (folder, repository)
    }

    @Test
    func `a folder comes whole, with links and executable bits`() async throws {
        let (folder, repository) = try await scene()
        let head = try #require(ObjectID(try await repository.commit()))
        let opened = try Repository.open(path: repository.clone)
        let target = folder.path("out/code")
        try FileManager.default.createDirectory(atPath: folder.path("out"), withIntermediateDirectories: true)
        try await opened.export(folder: "code", at: head, to: target)
        #expect(try String(contentsOfFile: target + "/mnist/train.py", encoding: .utf8) == "print(1)\n")
        #expect(try String(contentsOfFile: target + "/link", encoding: .utf8) == "print(1)\n")
        #expect(FileManager.default.isExecutableFile(atPath: target + "/run.sh"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")) == ["code"])
    }

    @Test
    func `the whole tree comes without what is excluded`() async throws {
        let (folder, repository) = try await scene()
        let head = try #require(ObjectID(try await repository.commit()))
        let opened = try Repository.open(path: repository.clone)
        let target = folder.path("all")
        try await opened.export(folder: nil, at: head, excluding: ["clusters"], to: target)
        #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["code"])
    }

    @Test
    func `a folder that is not there is told by its name`() async throws {
        let (folder, repository) = try await scene()
        let head = try #require(ObjectID(try await repository.commit()))
        let opened = try Repository.open(path: repository.clone)
        for missing in ["nowhere", "code/run.sh", "code/mnist/deeper"] {
            await #expect(throws: GitError.folderMissing(missing, commit: head)) {
                try await opened.export(folder: missing, at: head, to: folder.path("out"))
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
    }

    @Test(arguments: ["../../outside", "/etc/passwd", "mnist/../../outside", "a/../../.."])
    func `a link that leads outside is refused and nothing is left`(destination: String) async throws {
        let (folder, repository) = try await scene()
        try FileManager.default.createSymbolicLink(
            atPath: repository.clone + "/code/bad",
            withDestinationPath: destination
        )
        let head = try #require(ObjectID(try await repository.commit()))
        let opened = try Repository.open(path: repository.clone)
        let parent = folder.path("parent")
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        let error = await #expect(throws: GitError.self) {
            try await opened.export(folder: "code", at: head, to: parent + "/out")
        }
        #expect(error?.isPermanent == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent) == [])
    }
}
