import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct ValidateTests {
    private static let good = JobText().text
    private static let bad = "{\n  \"runtime\": \"Python_3.11\",\n  \"bootfiel\": \"train.py\"\n}\n"

    private func tfjobAdmin(_ arguments: [String], in folder: String) async throws -> Tool.Result {
        try await Tool.run(arguments, in: folder)
    }

    @Test
    func `each mistake is shown at its line, with a caret, and the exit code is 1`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
        try repository.write(Self.good, to: "clusters/c/partitions/p/good.json")
        try repository.write(Self.bad, to: "clusters/c/partitions/p/bad.json")
        let result = try await tfjobAdmin(["validate"], in: repository.clone)
        #expect(result.code == 1)
        #expect(
            result.text.contains(
                "clusters/c/partitions/p/bad.json:3:3: error: the key \"bootfiel\" is not known in a job: did you mean \"bootfile\"? (/bootfiel)\n"
                    + "  3 |   \"bootfiel\": \"train.py\"\n"
                    + "    |   ^\n"
            )
        )
        #expect(result.text.hasSuffix("2 files: 2 errors, 0 warnings\n"))
    }

    @Test
    func `a revision is checked without the work tree, and a good one ends with 0`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
        try repository.write(Self.good, to: "clusters/c/partitions/p/good.json")
        try repository.write("x", to: "code/job.py")
        try await repository.publish()
        try repository.write(Self.bad, to: "clusters/c/partitions/p/bad.json")
        let clone = repository.clone
        #expect(try await tfjobAdmin(["validate", "--revision", "HEAD"], in: clone).code == 0)
        #expect(try await tfjobAdmin(["validate", "--revision", "HEAD"], in: clone + "/code").code == 0)
        let bare = try await tfjobAdmin(["validate", "--revision", "main", "--repository", repository.bare], in: clone)
        #expect(bare.text == "1 file: 0 errors, 0 warnings\n")
        #expect(try await tfjobAdmin(["validate", "--revision", "nope"], in: clone).code == 1)
    }

    @Test
    func `a folder inside a work tree stands for the work tree, and one outside of any is an error`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
        try repository.write(Self.good, to: "clusters/c/partitions/p/good.json")
        let inside = try await tfjobAdmin(["validate"], in: repository.clone + "/code")
        #expect(inside.text == "1 file: 0 errors, 0 warnings\n")
        let outside = try await tfjobAdmin(["validate"], in: folder.url.path)
        #expect(outside.code == 1)
        #expect(outside.text.contains("there is no clusters/ in ., and no repository around it"))
    }

    @Test
    func `an unknown cluster beside known ones is a warning that names the nearest`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
        for path in ["default/partitions/p/one", "default/partitions/p/two", "defualt/partitions/p/three"] {
            try repository.write(Self.good, to: "clusters/\(path).json")
        }
        try await repository.publish()
        let wrong = "clusters/defualt/partitions/p/three.json"
        let clone = repository.clone
        // The other files are what is known.
        let byFiles = #"the cluster "defualt" has 1 job file and "default" has 2 job files: did you mean "default"?"#
        for arguments in [[], ["--revision", "HEAD"], [wrong]] {
            let result = try await tfjobAdmin(["validate"] + arguments, in: clone)
            #expect(result.code == 0)
            #expect(result.text.contains("\(wrong):1:1: warning: \(byFiles)\n"), "\(arguments): \(result.text)")
        }
        // The configuration.
        let configuration = folder.path("config.yaml")
        let clusters = "clusters: {default: {backend: local}, prod: {backend: kubernetes}}\n"
        try Data(clusters.utf8).write(to: URL(fileURLWithPath: configuration))
        let configured = try await tfjobAdmin(["validate", "--config", configuration], in: clone)
        #expect(configured.code == 0)
        #expect(configured.text.contains(#"has no cluster "defualt": did you mean "default"?"#), "\(configured.text)")
        #expect(configured.text.hasSuffix("3 files: 0 errors, 1 warning\n"))
        try repository.write(Self.good, to: "clusters/prodd/partitions/p/four.json")
        let planned = try await tfjobAdmin(["plan", "--worktree", "--config", configuration], in: clone)
        #expect(planned.code == 0)
        #expect(planned.text.contains(#"warning: \#(configuration) has no cluster "prodd": did you mean "prod"?"#))
        try repository.remove("clusters/prodd")
        // A service.
        let service = try await ServiceProcess(
            repository: repository.bare,
            in: folder,
            extra: ["--config", configuration]
        )
        let server = ["--server", service.url.absoluteString]
        let served = try await tfjobAdmin(["validate"] + server, in: clone)
        #expect(served.text.contains(#"\#(service.url.absoluteString) has no cluster "defualt": did you mean"#))
        try await service.stop()
        let absent = try await tfjobAdmin(["validate"] + server, in: clone)
        #expect(absent.code == 0)
        #expect(absent.text.contains("note: the clusters of the service are not known: no service answers"))
        for (text, fault) in [("clusters: [", "config.yaml"), ("clusters: {a: {backend: x}}", "is not known; write")] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: configuration))
            let result = try await tfjobAdmin(["validate", "--config", configuration], in: clone)
            #expect(result.code == 1)
            #expect(result.text.contains(fault), "\(result.text)")
        }
    }

    @Test
    func `a key that the cluster does nothing with, and a folder that all runs share, are warnings`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
        let job = JobText().with { job in
            job.more = [#""eventDir": "/data/events""#, #""runPolicy": {"progressDeadlineSeconds": 60}"#]
        }
        try repository.write(job.text, to: "clusters/prod/partitions/p/one.json")
        let own = job.with { $0.more = [#""eventDir": "/data/{run}/events""#] }
        try repository.write(own.text, to: "clusters/default/partitions/p/two.json")
        let configuration = folder.path("config.yaml")
        let clusters = "clusters: {default: {backend: local}, prod: {backend: kubernetes}}\n"
        try Data(clusters.utf8).write(to: URL(fileURLWithPath: configuration))
        let result = try await tfjobAdmin(["validate", "--config", configuration], in: repository.clone)
        #expect(result.code == 0)
        #expect(
            result.text.contains(
                "warning: all runs of the job write to this folder, so their curves mix: write \"/data/events/{run}\" (/eventDir)\n"
            )
        )
        #expect(
            result.text.contains(
                "warning: runPolicy.progressDeadlineSeconds has no effect on Kubernetes: write activeDeadlineSeconds"
            )
        )
        #expect(result.text.hasSuffix("2 files: 0 errors, 2 warnings\n"), "\(result.text)")
        try repository.write(
            own.with { $0.more = [#""priority": 5"#] }.text,
            to: "clusters/default/partitions/p/two.json"
        )
        let urgent = try await tfjobAdmin(["validate", "--config", configuration], in: repository.clone)
        #expect(
            urgent.text.contains(
                "warning: priority has no effect on this machine: every run starts at once (/priority)"
            )
        )
    }

    @Test
    func `a Python and a TensorFlow without a wheel are a warning with the nearest pairs`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
        let text = JobText().with { $0.runtime = "Python_3.12+Tensorflow_2.10.0" }.text
        try repository.write(text, to: "clusters/c/partitions/p/old.json")
        try await repository.publish()
        for arguments in [["validate"], ["validate", "--revision", "HEAD"]] {
            let result = try await tfjobAdmin(arguments, in: repository.clone)
            #expect(result.code == 0)
            let message =
                "TensorFlow 2.10.0 has no wheel for Python 3.12, so pip can't install it: the nearest pairs are "
            let pairs = "Python_3.10+Tensorflow_2.10.0 and Python_3.12+Tensorflow_2.16.1 (/runtime)\n"
            #expect(result.text.contains("old.json:3:14: warning: \(message)\(pairs)"), "\(result.text)")
        }
    }

    @Test
    func `an unknown id and a circle are found across files, in a work tree, one file and a revision`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
        func write(_ id: String, after: [String], more: String = "") throws {
            let list = after.map { "\"\($0)\"" }.joined(separator: ", ")
            let text = JobText().with { $0.more = [#""dependsOn": [\#(list)]\#(more)"#] }.text
            try repository.write(text, to: "clusters/c/partitions/p/\(id).json")
        }
        try repository.write(Self.good, to: "clusters/c/partitions/p/good.json")
        try write("fine", after: ["good"])
        try write("lost", after: ["good", "nobody"])
        try write("one", after: ["two"])
        try write("two", after: ["one"])
        // What else is wrong in a file hides nothing.
        try write("worse", after: ["nobody", "worst"], more: #", "priority": "high""#)
        try write("worst", after: ["worse"])
        try await repository.commit()
        for arguments in [["validate"], ["validate", "--revision", "HEAD"]] {
            let result = try await tfjobAdmin(arguments + ["--format", "json"], in: repository.clone)
            #expect(result.code == 1)
            let issues = try JSON(Data(result.text.utf8)).issues.elements
            let places = issues.map { "\($0.path.text ?? "") \($0.pointer.text ?? "")" }
            let folder = "clusters/c/partitions/p"
            #expect(
                places == [
                    "\(folder)/lost.json /dependsOn/1", "\(folder)/one.json /dependsOn/0",
                    "\(folder)/two.json /dependsOn/0",
                    "\(folder)/worse.json /dependsOn/0", "\(folder)/worse.json /dependsOn/1",
                    "\(folder)/worse.json /priority", "\(folder)/worst.json /dependsOn/0",
                ]
            )
        }
        let single = try await tfjobAdmin(["validate", "clusters/c/partitions/p/lost.json"], in: repository.clone)
        #expect(single.code == 1)
        #expect(single.text.contains("there is no job \"nobody\" in this partition"))
        #expect(single.text.contains("| "), "the line is shown")
        #expect(
            try await tfjobAdmin(["validate", "clusters/c/partitions/p/fine.json"], in: repository.clone).code == 0
        )
    }

    @Test
    func `JSON has the files' number and each issue by its keys`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
        try repository.write("{", to: "clusters/c/partitions/p/bad.json")
        try repository.write("{}", to: "clusters/c/astray.json")
        let result = try await tfjobAdmin(["validate", ".", "--format", "json"], in: repository.clone)
        #expect(result.code == 1)
        let document = try JSON(Data(result.text.utf8))
        #expect(document.files.int == 2)
        #expect(
            document.issues.elements.map(\.path.text) == ["clusters/c/astray.json", "clusters/c/partitions/p/bad.json"]
        )
        #expect(document.issues[1].keys == ["column", "line", "message", "path", "pointer", "severity"])
        #expect(document.issues[1].severity.text == "error")
    }

    @Test
    func `GitHub's annotations escape what would end them`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
        try repository.write(#"{"a,b:c%": 1}"#, to: "clusters/c/partitions/p/bad.json")
        let result = try await tfjobAdmin(["validate", "--format", "github"], in: repository.clone)
        let line = try #require(result.text.split(separator: "\n").first { $0.contains("col=2") })
        #expect(line.hasPrefix("::error file=clusters/c/partitions/p/bad.json,line=1,col=2,title=/a%2Cb%3Ac%25::"))
    }

    @Test
    func `neither a secret nor a terminal escape of the file is printed`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
        let text =
            "{\"environment\": {\"API_TOKEN\": \"hunter2\", \"A\": \"\u{202E}\u{1B}[31m\", \"enviroment\": \"DB_PASSWORD=hunter3\"}}"
        try repository.write(text, to: "clusters/c/partitions/p/bad.json")
        let result = try await tfjobAdmin(["validate"], in: repository.clone)
        #expect(result.code == 1)
        #expect(!result.text.contains("hunter"))
        #expect(!result.text.contains("\u{1B}"))
        #expect(!result.text.contains("\u{202E}"))
    }

    @Test
    func `a single file anywhere is checked without its place`() async throws {
        let folder = try TemporaryFolder()
        try Data(Self.good.utf8).write(to: folder.url.appendingPathComponent("mine.json"))
        try FileManager.default.createDirectory(atPath: folder.path("in"), withIntermediateDirectories: true)
        #expect(try await tfjobAdmin(["validate", "../mine.json"], in: folder.path("in")).code == 0)
        let missing = try await tfjobAdmin(["validate", "nowhere.json"], in: folder.path("in"))
        #expect(missing.code == 1)
        #expect(missing.text.contains("there is no file or folder nowhere.json"))
    }

    @Test
    func `the schema is printed`() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("in"), withIntermediateDirectories: true)
        let result = try await tfjobAdmin(["schema"], in: folder.path("in"))
        #expect(result.code == 0)
        #expect(try JSON(Data(result.text.utf8)).title.text != nil)
    }

    @Test
    func `a secret stays hidden however long it is, and wherever its line is cut`() async throws {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
        for length in [10, 4050, 4080, 4096, 4100, 9000] {
            let secret = String(repeating: "s3cr3t", count: length / 6 + 1)
            let text = #"{"environment": {"API_TOKEN": "\#(secret)\q"}}"#
            try repository.write(text, to: "clusters/c/partitions/p/secret.json")
            let result = try await tfjobAdmin(["validate"], in: repository.clone)
            #expect(result.code == 1)
            #expect(result.text.contains("JSON knows no such escape"))
            #expect(result.text.contains("****") && !result.text.contains("s3cr3t"), "\(length)")
        }
    }

    /// In a debug build on a busy machine all takes many times as long, so the time allowed is long too; the memory is as given.
    @Test(arguments: [
        ("[", ""), (#"{"a":"#, ""), (#""name":1,"#, "{"), (#""bootfi":1,"#, "{"), (#""","#, #"{"args":["#),
        ("{},", #"{"replicas":["#), ("=,", #"{"enviroment":""#), ("\n", "{"), ("s3cr3t", #"{"environment":{"KEY":""#),
    ])
    func `no file takes more than 100 MB or long to be shown`(part: String, head: String) async throws {
        let folder = try TemporaryFolder()
        let text = head + String(repeating: part, count: ((1 << 20) - head.utf8.count) / part.utf8.count)
        try Data(text.utf8).write(to: folder.url.appendingPathComponent("job.json"))
        let script = """
            import os, subprocess, sys, time
            start = time.monotonic()
            child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            print(usage.ru_maxrss, os.waitstatus_to_exitcode(status), int(time.monotonic() - start))
            """
        let output = try await run(
            ["python3", "-c", script, BuiltExecutable.path, "validate", "job.json"],
            in: folder.url.path
        )
        let figures = output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        try #require(figures.count == 3)
        #expect(figures[0] < 100_000, "kB of memory")
        #expect(figures[1] == 1)
        #expect(figures[2] < 30, "seconds")
    }
}
