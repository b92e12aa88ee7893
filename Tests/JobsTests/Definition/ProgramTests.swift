import Jobs
import Testing

@Suite
struct ProgramTests {
    @Test(arguments: [
        (Program.script("train.py"), ["train.py"]), (.script("-x.py"), ["./-x.py"]), (.script("-m"), ["./-m"]),
        (.script("--"), ["./--"]), (.script("/opt/-x.py"), ["/opt/-x.py"]), (.script("a/-x.py"), ["a/-x.py"]),
        (.module("trainer.task"), ["-m", "trainer.task"]),
    ])
    func `what stands behind the interpreter`(program: Program, arguments: [String]) {
        #expect(program.arguments == arguments)
    }

    @Test
    func `a script and a module of one name are two programs`() {
        func job(_ program: Program) -> Job {
            var job = JobFieldsTests.minimal
            job.program = program
            return job
        }
        #expect(job(.script("trainer")).digest != job(.module("trainer")).digest)
    }

    @Test(
        arguments: [
            (nil, "train.py", true), (nil, "/opt/train.py", false), ("code", "/opt/train.py", true),
            ("/opt", "train.py", false), ("/opt", nil, false), (nil, nil, true),
        ] as [(String?, String?, Bool)]
    )
    func `code comes out of the repository where its path is relative`(
        workdir: String?,
        script: String?,
        isNeeded: Bool
    ) {
        var job = Job(runtime: Runtime(python: "3.11"), bootfile: "x", replicas: [])
        job.workdir = workdir
        job.program = script.map(Program.script) ?? .module("trainer.task")
        #expect(job.usesRepositoryCode == isNeeded)
        #expect((JobCode(job) != nil) == isNeeded)
    }

    @Test(arguments: [
        ("code", "code"), ("./code//mnist/", "code/mnist"), ("code/../other", "other"), (".", ""), ("a/./b/..", "a"),
        ("../a", "../a"),
    ])
    func `a path has one shortest form`(path: String, shortest: String) {
        #expect(RelativePath.shortest(path) == shortest)
    }
}
