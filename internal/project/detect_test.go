package project_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/project"
)

// plant writes files into a new folder.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[name]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// lines are the commands as people write them, the URLs and the time, and
// nothing where nothing is recognised.
func lines(t *testing.T, f project.File) []string {
	t.Helper()
	var all []string
	for _, c := range f.Run {
		all = append(all, c.Name+": "+strings.Join(c.Args, " "))
	}
	for _, u := range f.URLs {
		all = append(all, u.URL)
	}
	if f.For > 0 {
		all = append(all, f.For.String())
	}
	return all
}

const (
	fastapi = "from fastapi import FastAPI\n\napp = FastAPI()\n"
	celery  = "from celery import Celery\n\napp = Celery('shop')\n"
	manage  = "import os\nfrom django.core import management\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
	goMain  = "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8081\", nil) }\n"
)

func TestWhatIsRecognised(t *testing.T) {
	t.Parallel()
	health := "http://127.0.0.1:8000/health"
	root := "http://127.0.0.1:8000/"
	for name, tt := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"FastAPI in main.py":        {map[string]string{"main.py": fastapi}, []string{"web: python3 -m uvicorn main:app --port 8000", root}},
		"FastAPI in a package":      {map[string]string{"app/main.py": fastapi, "app/__init__.py": ""}, []string{"web: python3 -m uvicorn app.main:app --port 8000", root}},
		"imports of the package":    {map[string]string{"app/main.py": "from app.api import x\n" + fastapi, "app/api.py": ""}, []string{"web: python3 -m uvicorn app.main:app --port 8000", root}},
		"relative imports":          {map[string]string{"app/main.py": "from .api import x\n" + fastapi, "app/api.py": ""}, []string{"web: python3 -m uvicorn app.main:app --port 8000", root}},
		"imports beside the file":   {map[string]string{"backend/main.py": "from api import x\n" + fastapi, "backend/api.py": ""}, []string{"web: python3 -m uvicorn --app-dir backend main:app --port 8000", root}},
		"a package under src":       {map[string]string{"src/shop/main.py": "from shop.api import x\n" + fastapi, "src/shop/api.py": ""}, []string{"web: python3 -m uvicorn --app-dir src shop.main:app --port 8000", root}},
		"a name with its type":      {map[string]string{"main.py": "import fastapi\nshop: fastapi.FastAPI = fastapi.FastAPI(\n  title='x')\n"}, []string{"web: python3 -m uvicorn main:shop --port 8000", root}},
		"Starlette":                 {map[string]string{"asgi.py": "from starlette.applications import Starlette\napp = Starlette()\n"}, []string{"web: python3 -m uvicorn asgi:app --port 8000", root}},
		"Flask":                     {map[string]string{"app.py": "from flask import Flask\napp = Flask(__name__)\n@app.route('/healthz')\ndef ok(): return 'ok'\n"}, []string{"web: python3 -m flask --app app.py:app run --port 8000", "http://127.0.0.1:8000/healthz"}},
		"Django":                    {map[string]string{"manage.py": manage}, []string{"web: python3 manage.py runserver --noreload 8000", root}},
		"the virtual environment's": {map[string]string{"main.py": fastapi, "venv/bin/python": "", "venv/pyvenv.cfg": ""}, []string{"web: venv/bin/python -m uvicorn main:app --port 8000", root}},
		"a starter of Sentry":       {map[string]string{"main.py": "from api import application as app\n", "api.py": "from fastapi import FastAPI\napplication = FastAPI()\n"}, []string{"web: python3 -m uvicorn main:app --port 8000", root}},
		"a starter that serves":     {map[string]string{"server.py": "from main import app\nimport uvicorn\nuvicorn.run(app)\n", "main.py": fastapi}, []string{"web: python3 -m uvicorn main:app --port 8000", root}},
		"an application's part":     {map[string]string{"main.py": fastapi + "admin = FastAPI()\n", "app/api/part.py": fastapi}, []string{"web: python3 -m uvicorn main:app --port 8000", root}},

		"a page of health":            {map[string]string{"main.py": fastapi + "@app.get('/health')\ndef ok(): ...\n"}, []string{"web: python3 -m uvicorn main:app --port 8000", health}},
		"a router's page":             {map[string]string{"main.py": fastapi, "api.py": "router = APIRouter()\n@router.get(\n    \"/health\")\ndef ok(): ...\n"}, []string{"web: python3 -m uvicorn main:app --port 8000", health}},
		"a router's page, elsewhere":  {map[string]string{"main.py": fastapi + "app.include_router(router, prefix='/v1')\n", "api.py": "router = APIRouter()\n@router.get('/health')\ndef ok(): ...\n"}, []string{"web: python3 -m uvicorn main:app --port 8000", root}},
		"a page in a comment":         {map[string]string{"main.py": fastapi + "#@app.get('/health')\n'''\n@app.get('/health')\n'''\n"}, []string{"web: python3 -m uvicorn main:app --port 8000", root}},
		"a page of something else":    {map[string]string{"main.py": fastapi + "@client.get('/health')\ndef ok(): ...\n"}, []string{"web: python3 -m uvicorn main:app --port 8000", root}},
		"a page that is only written": {map[string]string{"main.py": fastapi + "@app.post('/health')\ndef ok(): ...\n"}, []string{"web: python3 -m uvicorn main:app --port 8000", root}},

		"Celery":                {map[string]string{"tasks.py": celery}, []string{"worker: python3 -m celery -A tasks worker"}},
		"Celery of a name":      {map[string]string{"tasks.py": "import celery\nqueue = celery.Celery()\n"}, []string{"worker: python3 -m celery -A tasks:queue worker"}},
		"Celery with a starter": {map[string]string{"tasks.py": celery, "worker.py": "from tasks import app\n"}, []string{"worker: python3 -m celery -A worker worker"}},
		"Celery beside imports": {map[string]string{"jobs/tasks.py": "import db\n" + celery, "jobs/db.py": ""}, []string{"worker: python3 -m celery -A tasks --workdir jobs worker"}},
		"a schedule":            {map[string]string{"tasks.py": celery + "app.conf.beat_schedule = {}\n"}, []string{"worker: python3 -m celery -A tasks worker", "beat: python3 -m celery -A tasks beat"}},
		"a schedule in words":   {map[string]string{"tasks.py": celery + "# app.conf.beat_schedule = {}\n"}, []string{"worker: python3 -m celery -A tasks worker"}},
		"Django with Celery":    {map[string]string{"manage.py": manage, "shop/celery.py": "import os\n" + celery, "shop/__init__.py": "from .celery import app"}, []string{"web: python3 manage.py runserver --noreload 8000", "worker: python3 -m celery -A shop.celery worker", root}},

		"node":                          {map[string]string{"package.json": `{"scripts": {"start": "node --require ./instrument.js server.js"}}`, "server.js": "app.get('/ping', ok)\n// process.env.PORT || 9\napp.listen(process.env.PORT || 3000)"}, []string{"web: node --require ./instrument.js server.js", "http://127.0.0.1:3000/ping"}},
		"npm":                           {map[string]string{"package.json": `{"scripts": {"start": "tsx src/server.ts --port 4000"}}`}, []string{"web: npm start", "http://127.0.0.1:4000/"}},
		"node with a preparation":       {map[string]string{"package.json": `{"scripts": {"start": "node a.js", "prestart": "tsc"}}`}, []string{"web: npm start"}},
		"node without a port":           {map[string]string{"package.json": `{"scripts": {"start": "node a.js"}}`, "a.js": ""}, []string{"web: node a.js"}},
		"pages for browsers":            {map[string]string{"main.py": fastapi, "package.json": `{"scripts": {"start": "react-scripts start"}}`}, []string{"web: python3 -m uvicorn main:app --port 8000", root}},
		"Go":                            {map[string]string{"go.mod": "module a\n", "main.go": goMain}, []string{"web: go run .", "http://127.0.0.1:8081/"}},
		"Go under cmd":                  {map[string]string{"go.mod": "module a\n", "cmd/shop/main.go": "package main\nvar s = http.Server{Addr: \"127.0.0.1:9000\"}\nfunc f() { mux.HandleFunc(\"GET /healthz\", nil) }\n", "cmd/tool/main.go": "package main\n"}, []string{"web: go run ./cmd/shop", "http://127.0.0.1:9000/healthz"}},
		"Go with a client's address":    {map[string]string{"go.mod": "module a\n", "main.go": "package main\nvar o = redis.Options{Addr: \"localhost:6379\"}\n// http.ListenAndServe(\":8080\", nil)\n"}, nil},
		"Go whose tests serve":          {map[string]string{"go.mod": "module a\n", "main.go": "package main\n", "main_test.go": goMain}, nil},
		"Go without a module":           {map[string]string{"main.go": goMain}, nil},
		"nothing":                       {map[string]string{"README.md": "app = FastAPI()"}, nil},
		"another class of that name":    {map[string]string{"main.py": "from mine import FastAPI\napp = FastAPI()\n"}, nil},
		"in a comment or a text":        {map[string]string{"main.py": "from fastapi import FastAPI\n# app = FastAPI()\n\"\"\"\napp = FastAPI()\n\"\"\"\nx = '''\\'''\napp = FastAPI()\n'''\n"}, nil},
		"made in a function":            {map[string]string{"main.py": "from fastapi import FastAPI\ndef create():\n    app = FastAPI()\n"}, nil},
		"in tests and the like":         {map[string]string{"tests/main.py": fastapi, "test_main.py": fastapi, "node_modules/a/main.py": fastapi, ".hidden/main.py": fastapi, "env3/pyvenv.cfg": "", "env3/main.py": fastapi, "other/.git": "", "other/main.py": fastapi, "conftest.py": celery}, nil},
		"an environment of an odd name": {map[string]string{"env3/pyvenv.cfg": "", "env3/main.py": fastapi}, nil},
		"a project of its own":          {map[string]string{"other/.git": "", "other/main.py": fastapi}, nil},
		"an import from above":          {map[string]string{"app/main.py": "from ..up import x\n" + fastapi}, nil},
		"deep down":                     {map[string]string{"a/b/c/d/e/main.py": fastapi}, nil},
		"an odd file far away":          {map[string]string{"a/b/odd.py": fastapi}, nil},
		"two services":                  {map[string]string{"a/main.py": fastapi, "b/main.py": fastapi}, nil},
		"two frameworks":                {map[string]string{"main.py": fastapi, "package.json": `{"scripts": {"start": "node server.js"}}`}, nil},
		"two programs of Go":            {map[string]string{"go.mod": "module a\n", "cmd/a/main.go": goMain, "cmd/b/main.go": goMain}, nil},
		"a Go server of two ports":      {map[string]string{"go.mod": "module a\n", "main.go": goMain, "b.go": "package main\nfunc g() { http.ListenAndServe(\":9\"+\"090\", nil); http.ListenAndServe(\":9091\", nil) }\n"}, nil},
		"a package.json that is none":   {map[string]string{"package.json": `{"scripts": `}, nil},
		"imports of two beginnings":     {map[string]string{"a/main.py": "import x\nimport y\n" + fastapi, "a/x.py": "", "y.py": ""}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := project.Detect(plant(t, tt.files))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, lines(t, found.File)); diff != "" {
				t.Errorf("(-want +got):\n%s%v", diff, found.Left)
			}
			if (len(found.File.Run) > 0) != (len(found.From) > 0) {
				t.Errorf("commands %v, and files that say so %v", found.File.Run, found.From)
			}
			if len(found.File.Run) == 0 && !cmp.Equal(found.File, project.File{}) {
				t.Errorf("without a command there is %+v", found.File)
			}
		})
	}
}

func TestAProcfileIsFollowed(t *testing.T) {
	t.Parallel()
	root := "http://127.0.0.1:8000/"
	for name, tt := range map[string]struct {
		procfile string
		want     []string
	}{
		"a port that is filled in": {"web: uvicorn main:app --port $PORT\nworker: celery -A tasks worker\n", []string{"web: uvicorn main:app --port 8000", "worker: .venv/bin/celery -A tasks worker", root}},
		"a port with a default":    {"web: gunicorn -b 0.0.0.0:${PORT:-5000} a:b", []string{"web: gunicorn -b 0.0.0.0:8000 a:b", root}},
		"a port of its own":        {"web: uvicorn main:app --port=9123", []string{"web: uvicorn main:app --port=9123", "http://127.0.0.1:9123/"}},
		"a bound address":          {"web: gunicorn --bind 127.0.0.1:9124 a:b", []string{"web: gunicorn --bind 127.0.0.1:9124 a:b", "http://127.0.0.1:9124/"}},
		"a port by the variable":   {"web: node server.js", []string{"web: /bin/sh -c PORT=8000 exec node server.js", root}},
		"a line for the shell":     {"web: cd a && ./serve", []string{"web: /bin/sh -c export PORT=8000; cd a && ./serve", root}},
		"what is for once":         {"release: python manage.py migrate\nconsole: python\nweb: ./serve -p 7000\n", []string{"web: ./serve -p 7000", "http://127.0.0.1:7000/"}},
		"comments and ends":        {"# web: ./a\r\nbeat: ./b\r\n\r\n", []string{"beat: ./b"}},
		"the same twice":           {"worker: ./a\nworker: ./b\n", []string{"worker: ./a"}},
		"nothing but migrations":   {"release: ./a\n", []string{"web: python3 -m uvicorn main:app --port 8000", root}},
		"a quote that is open":     {"web: ./a 'b\n", []string{"web: python3 -m uvicorn main:app --port 8000", root}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"Procfile": tt.procfile, "main.py": fastapi, ".venv/bin/celery": ""}
			found, err := project.Detect(plant(t, files))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, lines(t, found.File)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestWhatIsLeftIsSaid: who looks for a command finds out why it is not there.
func TestWhatIsLeftIsSaid(t *testing.T) {
	t.Parallel()
	for want, files := range map[string]map[string]string{
		"FastAPI in a/main.py and FastAPI in b/main.py": {"a/main.py": fastapi, "b/main.py": fastapi},
		"FastAPI in main.py and start in package.json":  {"main.py": fastapi, "package.json": `{"scripts": {"start": "node a.js"}}`},
		"release may be for once":                       {"Procfile": "release: ./migrate\nweb: ./serve\n"},
		"react-scripts builds pages":                    {"package.json": `{"scripts": {"start": "react-scripts start"}}`},
		"which folder its imports begin in":             {"a/main.py": "import x\nimport y\n" + fastapi, "a/x.py": "", "y.py": ""},
		"package main in cmd/a and package main in cmd": {"go.mod": "module a\n", "cmd/a/main.go": goMain, "cmd/b/main.go": goMain},
		"Celery in a/tasks.py and Celery in b/tasks.py": {"a/tasks.py": celery, "b/tasks.py": celery},
		"Django in a/manage.py and b/manage.py":         {"a/manage.py": manage, "b/manage.py": manage},
	} {
		found, err := project.Detect(plant(t, files))
		if err != nil || !strings.Contains(strings.Join(found.Left, "\n"), want) {
			t.Errorf("left is %q, %v; expected %q", found.Left, err, want)
		}
	}
}

// TestWhatIsRecognisedIsReadBack as it was written.
func TestWhatIsRecognisedIsReadBack(t *testing.T) {
	t.Parallel()
	for _, files := range []map[string]string{
		{"main.py": fastapi, "tasks.py": celery},
		{"tasks.py": celery},
		{"Procfile": "web: cd a && FOO='b: # c' ./serve \"$HOME\"\nworker: ./w 'a b' \\# \"it's\"\n"},
	} {
		dir := plant(t, files)
		found, err := project.Detect(dir)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, project.Name)
		if err := project.Write(t.Context(), path, found.File); err != nil {
			t.Fatal(err)
		}
		got, err := project.Load(path, project.Rules{})
		if err != nil {
			t.Fatal(err)
		}
		found.File.Path = path
		if diff := cmp.Diff(found.File, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestTheSampleIsRecognised with the file that sets Sentry up before it imports
// the tasks.
func TestTheSampleIsRecognised(t *testing.T) {
	t.Parallel()
	found, err := project.Detect(filepath.Join("..", "..", "testdata", "app", "python"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"web: python3 -m uvicorn main:app --port 8000", "worker: python3 -m celery -A worker worker", "http://127.0.0.1:8000/health"}
	if diff := cmp.Diff(want, lines(t, found.File)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGivenCommandsWithoutAURLEnd(t *testing.T) {
	t.Parallel()
	run := []project.Command{{Name: "web", Args: []string{"./serve"}}}
	if f := project.Given(run, nil); f.For != 15*time.Second {
		t.Errorf("nothing ends %+v", f)
	}
	if f := project.Given(run, []project.URL{{URL: "http://127.0.0.1:1/"}}); f.For != 0 || len(f.Expect) != 1 {
		t.Errorf("the last URL ends it, and %+v waits", f)
	}
}
