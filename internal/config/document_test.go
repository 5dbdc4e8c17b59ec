package config

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentIsInStep holds docs/configuration.md to what the program says;
// what stands there of bbctl.yaml is another package's. `make docs` writes it
// anew.
func TestDocumentIsInStep(t *testing.T) {
	t.Parallel()
	kept, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := WriteDoc(&page); err != nil {
		t.Fatal(err)
	}
	own, _, _ := strings.Cut(string(kept), "\n## bbctl.yaml\n")
	if diff := cmp.Diff(own, page.String()); diff != "" {
		t.Errorf("docs/configuration.md is stale: run make docs (-kept +written)\n%s", diff)
	}
}

func TestDocumentNamesEveryVariable(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	if err := WriteDoc(&page); err != nil {
		t.Fatal(err)
	}
	for _, v := range Variables() {
		if !bytes.Contains(page.Bytes(), []byte("| `"+v.Key+"` |")) {
			t.Errorf("%s is not in the document", v.Key)
		}
		if v.Meaning == "" || v.ReadBy.Bbctl == "" || v.ReadBy.Python == "" || v.ReadBy.Go == "" {
			t.Errorf("%s: a cell of the table is empty", v.Key)
		}
		if (v.Default == "") != (v.DefaultNote == "") {
			t.Errorf("%s: a default and whose it is go together", v.Key)
		}
	}
}
