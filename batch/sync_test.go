package batch

import (
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestP13SecondPictureOfASynchronousAnswer dies when the first of two pictures of one answer is in place: nothing is paid again, the
// money tells both, and the record says that one of them is lost.
func TestP13SecondPictureOfASynchronousAnswer(t *testing.T) {
	play(t, "id,prompt,n,model\na,a red cat,2,qwen-image-2.0\n", emulator.Options{}, func(s *scene) {
		s.options.Rules.Mode = "sync"
		s.dies(on("create", "images/.", 3)) // the probe, the first picture
		s.ends()
		s.wantPosts(1)
		rec := s.records()["a red cat"]
		if warned := strings.Join(rec.Warnings, "; "); rec.Phase != state.Done || len(rec.Pictures) != 1 || !strings.Contains(warned, "1 of 2 pictures") {
			t.Errorf("it is %s with %d pictures and the warnings %q, want one, and a word about the other", rec.Phase, len(rec.Pictures), warned)
		}
		if paid := client.Money(s.server.Books().Charges) * rec.Cost / 2; rec.Cost == 0 || paid != rec.Cost {
			t.Errorf("it cost %s; %d pictures are charged", rec.Cost, s.server.Books().Charges)
		}
	})
}

// TestM9PictureTakenInKeepsTheMoney changes a row that is paid for and dies when the new picture is in place, over the synchronous
// interface, where only the picture can tell: what the older one cost, and its task, are known all the same.
func TestM9PictureTakenInKeepsTheMoney(t *testing.T) {
	play(t, "id,prompt,model\na,a red cat,qwen-image-plus\n", emulator.Options{}, func(s *scene) {
		s.ends()
		first := s.records()["a red cat"]
		s.options.Rules.Mode = "sync"
		s.retype("id,prompt,model\na,a green cat,qwen-image-plus\n")
		s.dies(on("rename", "images/a.png", 1))
		s.ends()
		s.wantPosts(2)
		rec := s.records()["a green cat"]
		if rec.Phase != state.Done || rec.Before != first.Cost || rec.Replaced != 1 || len(rec.Earlier) != 1 || rec.Earlier[0] != first.Task {
			t.Errorf("it is %s: before %s, replaced %d, earlier %q; want what the first picture was", rec.Phase, rec.Before, rec.Replaced, rec.Earlier)
		}
	})
}
