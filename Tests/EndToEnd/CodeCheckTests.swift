import Foundation
import TestSupport
import Testing

/// What `validate` says of the tree around the job files, of a work tree and of a revision alike.
@Suite
struct CodeCheckTests {
    private let temporary: TemporaryFolder
    private let repository: JobsRepository

    init() async throws {
        temporary = try TemporaryFolder()
        repository = try await JobsRepository(in: temporary)
        try repository.write("", to: "code/run.py")
        try repository.write("", to: "trainer/task.py")
        try repository.write("", to: "trainer/__main__.py")
        try repository.write("data", to: "shared/data.txt")
    }

    private static let folder = "clusters/c/partitions/p"

    private func write(_ members: String, to id: String = "job") throws {
        let text = #"{"runtime": "Python_3.11", "cpu": "0.1", "memory": "64Mi", \#(members)}"#
        try repository.write(text, to: "\(Self.folder)/\(id).json")
    }

    private func link(_ path: String, to target: String) throws {
        let url = URL(fileURLWithPath: "\(repository.clone)/\(path)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: target)
    }

    /// What is said of the work tree before and after a commit, and of the commit.
    private func issues(_ paths: [String] = []) async throws -> [String] {
        func lines(_ arguments: [String]) async throws -> [String] {
            let result = try await Tool.run(["validate", "--format", "json"] + arguments, in: repository.clone)
            return try JSON(Data(result.text.utf8)).issues.elements.map { issue in
                "\(issue.path.text ?? ""):\(issue.column.int ?? 0) \(issue.severity.text ?? ""): \(issue.message.text ?? "")"
            }
        }
        let before = try await lines(paths)
        try await repository.commit()
        let after = try await lines(paths)
        let committed = try await lines(["--revision", "HEAD"] + paths)
        #expect(before == after)
        #expect(after == committed)
        return committed
    }

    @Test(
        arguments: [
            (#""workdir": "code", "bootfile": "run.py""#, nil), (#""workdir": "./code/", "bootfile": "./run.py""#, nil),
            (#""workdir": "trainer/../code", "bootfile": "x/../run.py""#, nil),
            (#""bootfile": "code/run.py""#, nil), (#""bootfile": "/opt/run.py""#, nil),
            (#""workdir": "/opt", "bootfile": "run.py""#, nil), (#""module": "trainer.task""#, nil),
            (#""module": "trainer""#, nil), (#""workdir": "trainer", "module": "task""#, nil),
            (
                #""workdir": "cod", "bootfile": "run.py""#,
                #"71 error: there is no folder "cod" in this repository: did you mean "code"?"#
            ),
            (
                #""workdir": "code/run.py", "bootfile": "run.py""#,
                #"71 error: "code/run.py" is a file: write the folder that it is in"#
            ),
            (
                #""workdir": "code", "bootfile": "rum.py""#,
                #"91 error: there is no file "rum.py" in code: did you mean "run.py"?"#
            ),
            (#""bootfile": "code""#, #"72 error: "code" is a folder: write the path of the script in it"#),
            (
                #""bootfile": "clusters/c/x.py""#,
                "72 error: clusters/ is no part of the code: move the script out of it"
            ),
            (
                #""module": "trainer.tusk""#,
                #"70 warning: there is neither trainer/tusk.py nor trainer/tusk/__main__.py in the repository's root: the run needs an installed package that has "trainer.tusk""#
            ),
        ] as [(String, String?)]
    )
    func `code that is not in the tree is told at the key that names it`(members: String, message: String?) async throws
    {
        try write(members)
        #expect(try await issues() == (message.map { ["\(Self.folder)/job.json:\($0)"] } ?? []))
    }

    @Test
    func `all that is wrong with a file is told at once, its code included`() async throws {
        try write(#""workdir": "cod", "bootfile": "run.py", "priority": "high""#)
        #expect(try await issues().count == 2)
    }

    @Test
    func `links outside, submodules and LFS pointers are warnings that say what they are`() async throws {
        try link("code/data.txt", to: "../shared/data.txt")
        try link("code/inside.py", to: "run.py")
        try link("docs", to: "/usr/share/doc")
        let pointer =
            "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "a", count: 64))\nsize 12345\n"
        try repository.write(pointer, to: "code/weights.npy")
        try await repository.commit()
        let head = try await repository.git("rev-parse", "HEAD").trimmingCharacters(in: .newlines)
        try await repository.git("update-index", "--add", "--cacheinfo", "160000,\(head),code/vendor")
        try FileManager.default.createDirectory(
            atPath: "\(repository.clone)/code/vendor",
            withIntermediateDirectories: true
        )
        try write(#""workdir": "code", "bootfile": "inside.py""#)
        try write(#""bootfile": "/opt/run.py""#, to: "unrelated")
        let place = "\(Self.folder)/job.json:71 warning:"
        #expect(
            try await issues() == [
                #"\#(place) "data.txt" is a symbolic link to "../shared/data.txt", outside the working directory: the run may not find it there"#,
                #"\#(place) "vendor" is a submodule, which is not checked out: the run finds an empty folder"#,
                #"\#(place) "weights.npy" is a Git LFS pointer: the run finds the pointer and not the content"#,
            ]
        )
        try repository.write(pointer, to: "\(Self.folder)/job.json")
        let message =
            "this is a Git LFS pointer, not the job: take clusters/ out of Git LFS in .gitattributes, and add the file again"
        #expect(try await issues() == ["\(Self.folder)/job.json:1 error: \(message)"])
    }

    @Test
    func `lines of requirements.txt that can't be installed are warnings, each with its number`() async throws {
        try repository.write("six==1.17.0\n-e .\n# a comment\nhttps://example.org/x.whl\n", to: "code/requirements.txt")
        try write(#""workdir": "code", "bootfile": "run.py""#)
        let issues = try await issues().filter { $0.contains("requirements.txt") }
        #expect(issues.count == 2, "\(issues)")
        #expect(
            issues.first?.contains("warning: code/requirements.txt:2: -e is not allowed: write NAME==VERSION") == true
        )
        #expect(issues.last?.contains("warning: code/requirements.txt:4: URLs, repositories and files are not") == true)
    }

    @Test(arguments: ["clusters", "clusters/c", "clusters/c/partitions", "clusters/c/partitions/p"])
    func `a link in place of a folder is an error at its path`(path: String) async throws {
        try write(#""bootfile": "code/run.py""#)
        try await repository.commit()
        try await repository.git("mv", path, "elsewhere")
        let up = String(repeating: "../", count: path.split(separator: "/").count - 1)
        try link(path, to: "\(up)elsewhere")
        let expected = [
            "\(path):1 error: a symbolic link stands where a folder of job files belongs, so no job below it is read: put the folder itself here"
        ]
        #expect(try await issues() == expected)
        #expect(try await issues([path]) == expected)
        #expect(try await issues(["\(Self.folder)/job.json"]) == expected)
    }

    @Test(arguments: ["clusters/c/partitions/p", "clusters/c", "clusters/c/partitions/p/job.json"])
    func `a submodule in place of a folder or a file is an error at its path`(path: String) async throws {
        try write(#""bootfile": "code/run.py""#)
        let head = try await repository.commit()
        try repository.remove(path)
        try await repository.git("rm", "-r", "--cached", "--quiet", path)
        try await repository.git("update-index", "--add", "--cacheinfo", "160000,\(head),\(path)")
        // As git leaves one that is not checked out.
        let url = URL(fileURLWithPath: "\(repository.clone)/\(path)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        let found = try await issues()
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("\(path):1 error: ") == true)
        #expect(found.first?.contains("submodule") == true)
    }

    @Test
    func `an excerpt of a file with Windows lines has no replacement character`() async throws {
        try repository.write("{\r\n  \"bootfiel\": 1\r\n}\r\n", to: "\(Self.folder)/job.json")
        let result = try await Tool.run(["validate"], in: repository.clone)
        #expect(result.text.contains("  2 |   \"bootfiel\": 1\n"))
        #expect(!result.text.contains("\u{FFFD}"))
    }
}
